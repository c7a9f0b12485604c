import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { acceptWebSocketEcho } from "./websocket-echo.ts";

/** What an echo backend says it is. */
export interface DemoIdentity {
  /** `namespace/name`. */
  readonly service: string;
  /** Which of the Service's backends this is, such as `web-1`. */
  readonly endpoint: string;
}

export interface DemoBackend {
  readonly port: number;
  close(): Promise<void>;
}

/** Request bodies are only counted; the answer does not grow with them. */
const HEADERS_TIMEOUT_MS = 10_000;

/** A small HTTP server on 127.0.0.1 that answers every request with what it saw, and echoes WebSocket messages. */
export async function openDemoBackend(identity: DemoIdentity): Promise<DemoBackend> {
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    echo(identity, request, response);
  });
  server.on("upgrade", acceptWebSocketEcho);
  server.on("clientError", (_error, socket) => socket.destroy());
  const port = await listenOnLoopback(server);
  server.on("error", () => {});
  return {
    port,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function echo(identity: DemoIdentity, request: IncomingMessage, response: ServerResponse): void {
  let bodyBytes = 0;
  request.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
  });
  request.on("error", () => response.destroy());
  response.on("error", () => response.destroy());
  request.on("end", () => {
    const seen = { method: request.method, path: request.url, headers: request.headers, bodyBytes };
    const text = `${JSON.stringify({ ...identity, ...seen }, null, 2)}\n`;
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
