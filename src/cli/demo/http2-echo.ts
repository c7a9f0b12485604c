import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { DemoIdentity } from "./demo-identity.ts";

const STATUS_OK = "0";

/**
 * The HTTP/2 side of an echo backend; it serves the connections it is given. A gRPC call gets every message back, unary or
 * streamed, and in its metadata who answered; any other request gets `describe` as JSON.
 */
export function createHttp2Echo(
  identity: DemoIdentity,
  describe: (headers: IncomingHttpHeaders, bodyBytes: number) => string,
): Http2Server {
  const server = createServer({ settings: { maxConcurrentStreams: 250 } });
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    if (headers["content-type"]?.startsWith("application/grpc") === true) echoCall(identity, stream, headers);
    else echoRequest(stream, (bodyBytes) => describe(headers, bodyBytes));
  });
  return server;
}

/** Messages go back as they come: their framing is the same in both directions. */
function echoCall(identity: DemoIdentity, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const head = {
    ":status": 200,
    "content-type": headers["content-type"] ?? "application/grpc",
    "x-demo-service": identity.service,
    "x-demo-endpoint": identity.endpoint,
  };
  stream.respond(head, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": STATUS_OK }));
  stream.pipe(stream);
}

function echoRequest(stream: ServerHttp2Stream, describe: (bodyBytes: number) => string): void {
  let bodyBytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
  });
  stream.on("end", () => {
    if (stream.closed || stream.destroyed) return;
    stream.respond({ ":status": 200, "content-type": "application/json", "cache-control": "no-store" });
    stream.end(describe(bodyBytes));
  });
}
