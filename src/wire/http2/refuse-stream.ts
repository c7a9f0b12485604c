import { constants, type ServerHttp2Stream } from "node:http2";
import type { HeadError } from "../http1/head-error.ts";
import { reasonPhrase } from "../http1/reason-phrases.ts";

const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** Answers a request that was refused on the wire with a small text, and lets go of the stream. */
export function refuseStream(stream: ServerHttp2Stream, error: HeadError, method: string): void {
  if (stream.closed || stream.destroyed || stream.headersSent) return;
  const body = `${error.status} ${reasonPhrase(error.status)}\n${error.code}\n`;
  const fields = [
    ":status",
    String(error.status),
    "content-type",
    "text/plain; charset=utf-8",
    "content-length",
    String(body.length),
  ];
  if (error.status === 405) fields.push("allow", ALLOWED_METHODS);
  finish(stream, fields, method === "HEAD" ? "" : body);
}

/** `OPTIONS *` asks about the server, not about a host (RFC 9110 §9.3.7). */
export function answerAsterisk(stream: ServerHttp2Stream): void {
  if (stream.closed || stream.destroyed) return;
  finish(stream, [":status", "200", "content-length", "0", "allow", ALLOWED_METHODS], "");
}

function finish(stream: ServerHttp2Stream, fields: string[], body: string): void {
  stream.respond(fields, { endStream: body === "" });
  if (body !== "") stream.end(body, "latin1");
  // What the client still uploads is not wanted: without this, the stream would stay open for it.
  if (!stream.endAfterHeaders) setImmediate(release, stream);
}

function release(stream: ServerHttp2Stream): void {
  if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
}
