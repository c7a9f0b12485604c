import { memoizeBounded } from "../../lib/memoize-bounded.ts";

/** What an upstream says only to its proxy, or what the wire writes itself. */
const DROPPED = new Set([
  "server",
  "date",
  "x-pad",
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const REMEMBERED_LIMIT = 2048;

/** Names repeat from answer to answer: each is judged once. `hidden` are further ones that never reach clients, in any case. */
export function compileSentHeaders(hidden: readonly string[]): (name: string) => boolean {
  const unwanted = new Set(hidden.map((name) => name.toLowerCase()));
  return memoizeBounded(REMEMBERED_LIMIT, (name) => !isForProxy(name) && !unwanted.has(name));
}

/** Says something to a proxy, not to the client behind it. */
export function isForProxy(name: string): boolean {
  return DROPPED.has(name) || name.startsWith("x-accel-");
}
