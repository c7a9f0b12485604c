import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
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
  const { status, contentType, body } = await page({ query: new URLSearchParams(query), signal: gone.signal });
  writeHead(response, status, contentType);
  if (request.method === "GET") await writeBody(response, body, AbortSignal.timeout(ANSWER_DEADLINE_MS));
  response.end();
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

async function writeBody(response: ServerResponse, body: Page["body"], deadline: AbortSignal): Promise<void> {
  if (typeof body === "string") {
    response.write(body);
    return;
  }
  for (const piece of body) {
    if (response.destroyed) return;
    if (!response.write(piece)) await once(response, "drain", { signal: deadline });
    await nextTurn();
  }
}
