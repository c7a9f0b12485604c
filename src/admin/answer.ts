import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { constants, createGzip } from "node:zlib";
import { acceptsGzip } from "./negotiation.ts";
import type { Page, PageRequest } from "./page.ts";

/** Exact path → page. */
export type Routes = ReadonlyMap<string, (request: PageRequest) => Page | Promise<Page>>;

/** A scraper that reads slower than this for a whole page is cut off. */
const ANSWER_DEADLINE_MS = 30_000;

/** Answers one request: the page, 404 for an unknown path, 405 for anything but GET and HEAD, 403 to everything without routes. */
export async function answer(request: IncomingMessage, response: ServerResponse, routes: Routes | null): Promise<void> {
  response.on("error", () => response.destroy());
  request.resume();
  if (routes === null) return refuse(response, 403, "not for you\n");
  const [path, query] = splitTarget(request.url ?? "");
  const page = routes.get(path);
  if (page === undefined) return refuse(response, 404, "not found\n");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return refuse(response, 405, "method not allowed\n");
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { accept, "accept-encoding": codings } = request.headers;
  const { status, contentType, body } = await page({ query: new URLSearchParams(query), accept, signal: gone.signal });
  const coding = typeof body !== "string" && acceptsGzip(codings) ? "gzip" : "identity";
  if (typeof body !== "string") response.setHeader("Vary", "Accept, Accept-Encoding");
  if (coding === "gzip") response.setHeader("Content-Encoding", "gzip");
  writeHead(response, status, contentType);
  if (request.method === "HEAD" || typeof body === "string") response.end(request.method === "HEAD" ? "" : body);
  else await sendPieces(response, body, coding);
}

function splitTarget(target: string): readonly [path: string, query: string] {
  const at = target.indexOf("?");
  return at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}

function refuse(response: ServerResponse, status: number, text: string): void {
  writeHead(response, status, "text/plain; charset=utf-8");
  response.end(text);
}

function writeHead(response: ServerResponse, status: number, contentType: string): void {
  response.writeHead(status, {
    "Content-Type": contentType,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
}

/** Level 1 takes a third of the time of the default for a few per cent more bytes; it is done by another thread either way. */
async function sendPieces(
  response: ServerResponse,
  pieces: Exclude<Page["body"], string>,
  coding: "gzip" | "identity",
): Promise<void> {
  const options = { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) };
  const source = Readable.from(inTurns(pieces));
  if (coding === "identity") await pipeline(source, response, options);
  else await pipeline(source, createGzip({ level: constants.Z_BEST_SPEED }), response, options);
}

/** Lets everybody else work between two pieces. */
async function* inTurns(pieces: Exclude<Page["body"], string>): AsyncGenerator<string> {
  for await (const piece of pieces) {
    yield piece;
    await nextTurn();
  }
}
