import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { DemoIdentity } from "./demo-identity.ts";
import { createHttp2Echo } from "./http2-echo.ts";
import { acceptWebSocketEcho } from "./websocket-echo.ts";

export interface DemoBackend {
  readonly port: number;
  close(): Promise<void>;
}

/** Request bodies are only counted; the answer does not grow with them. */
const HEADERS_TIMEOUT_MS = 10_000;

/** What an HTTP/2 client sends first (RFC 9113 §3.4); no HTTP/1.1 request begins with it. */
const PREFACE_START = "PRI * ";

/**
 * A small server on 127.0.0.1 that answers every request with what it saw, over HTTP/1.1 and HTTP/2 without TLS on one port, and
 * echoes WebSocket and gRPC messages.
 */
export async function openDemoBackend(identity: DemoIdentity): Promise<DemoBackend> {
  const http1 = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    echo(identity, request, response);
  });
  http1.on("upgrade", acceptWebSocketEcho);
  http1.on("clientError", (_error, socket) => socket.destroy());
  const http2 = createHttp2Echo(identity, (headers, bodyBytes) =>
    describeRequest(identity, { method: headers[":method"], path: headers[":path"], headers, bodyBytes }),
  );
  const sockets = new Set<Socket>();
  const server = createTcpServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.setTimeout(HEADERS_TIMEOUT_MS, () => socket.destroy());
    socket.once("readable", () => {
      const bytes = (socket.read() as Buffer | null) ?? Buffer.alloc(0);
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.unshift(bytes);
      const isHttp2 = bytes.subarray(0, PREFACE_START.length).toString("latin1") === PREFACE_START;
      (isHttp2 ? http2 : http1).emit("connection", socket);
    });
  });
  const port = await listenOnLoopback(server);
  server.on("error", () => {});
  return {
    port,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

interface SeenRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly bodyBytes: number;
}

function describeRequest(identity: DemoIdentity, seen: SeenRequest): string {
  return `${JSON.stringify({ ...identity, ...seen }, null, 2)}\n`;
}

function echo(identity: DemoIdentity, request: IncomingMessage, response: ServerResponse): void {
  let bodyBytes = 0;
  request.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
  });
  request.on("error", () => response.destroy());
  response.on("error", () => response.destroy());
  request.on("end", () => {
    const { method, url: path, headers } = request;
    const text = describeRequest(identity, { method, path, headers, bodyBytes });
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(text),
      "Cache-Control": "no-store",
    });
    response.end(text);
  });
}

function listenOnLoopback(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen({ port: 0, host: "127.0.0.1" }, () => {
    server.off("error", reject);
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
  return promise;
}
