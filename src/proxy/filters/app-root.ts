import type { Answer } from "../answers/answer.ts";
import { connectionScheme, type RequestContext } from "../request/context.ts";
import { absoluteLocation, relativeLocation } from "../answers/location.ts";

/**
 * `app-root`: `/` is answered 302 before any location is looked up. The connection's scheme and the Host header with its port,
 * whatever forwarded headers say; the query is dropped.
 */
export function appRoot(context: RequestContext): Answer | null {
  const root = context.virtualHost?.appRoot;
  if (root === undefined || root === null || context.target.path !== "/") return null;
  const authority = context.request.authority;
  const path = relativeLocation(root.path);
  const location = authority === "" ? path : absoluteLocation(connectionScheme(context.connection), authority, path);
  return { kind: "redirect", status: 302, location };
}
