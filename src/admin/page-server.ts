import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { constants, createGzip } from "node:zlib";
import type { Logger } from "../lib/logger.ts";
import { acceptsGzip } from "./negotiation.ts";

/** What a page may depend on. */
export interface PageRequest {
  readonly query: URLSearchParams;
  /** The Accept field; undefined without one. */
  readonly accept: string | undefined;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** A page's answer. The body may come in pieces: a large scrape must not hold up the traffic. Those are compressed where the client accepts it. */
export interface Page {
  readonly status: 200 | 400 | 409 | 500 | 503;
  readonly contentType: string;
  readonly body: Iterable<string> | AsyncIterable<string> | string;
}

/** Exact path → page. */
export type Routes = ReadonlyMap<string, (request: PageRequest) => Page | Promise<Page>>;

export interface PageServerOptions {
  /** Address to bind; empty for all. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger: Logger;
}

/** A server of a few pages for operators and their programs. */
export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A probe or scrape that has not sent its head after this is cut off; its connection may not idle longer either. */
const REQUEST_DEADLINE_MS = 10_000;
const IDLE_MS = 5_000;
/** Probes and scrapers are few; more connections are not theirs. */
const MAX_CONNECTIONS = 256;
/** A scraper that reads slower than this for a whole page is cut off. */
const ANSWER_DEADLINE_MS = 30_000;

/**
 * Serves these pages to requests that `admits` lets in; others get 403. Rejects when the address cannot be bound.
 */
export async function openPageServer(
  { address, port, logger }: PageServerOptions,
  routes: Routes,
  admits: (request: IncomingMessage) => boolean,
): Promise<PageServer> {
  const options = {
    headersTimeout: REQUEST_DEADLINE_MS,
    requestTimeout: REQUEST_DEADLINE_MS,
    keepAliveTimeout: IDLE_MS,
  };
  const server = createServer({ ...options, connectionsCheckingInterval: 1_000 }, (request, response) => {
    answer(request, response, admits(request) ? routes : null).catch((error: unknown) => {
      logger.warn({ err: error, path: request.url }, "an admin page failed");
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("clientError", (_error, socket) => socket.destroy());
  await listen(server, address, port);
  server.on("error", (error) => logger.error({ err: error }, "the admin server failed"));
  return {
    port: portOf(server),
    close: () => close(server),
  };
}

function listen(server: Server, address: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, ...(address === "" ? {} : { host: address }) }, () => {
    server.off("error", reject);
    resolve();
  });
  return promise;
}

/** A server that listens on TCP has an address object, never a pipe name. */
function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** Answers one request: the page, 404 for an unknown path, 405 for anything but GET and HEAD, 403 to everything without routes. */
async function answer(request: IncomingMessage, response: ServerResponse, routes: Routes | null): Promise<void> {
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

export function plain(status: Page["status"], text: string): Page {
  return { status, contentType: "text/plain; charset=utf-8", body: `${text}\n` };
}
