import { HeaderList } from "../http/header-list.ts";
import type { HeadError } from "../http/refusals.ts";
import { reasonPhrase } from "../http/reason-phrases.ts";

export const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** The answer to a request that was refused on the wire: a small text. */
export function refusalPage(error: HeadError): { readonly headers: HeaderList; readonly body: Buffer } {
  const headers = new HeaderList();
  headers.append("content-type", "text/plain; charset=utf-8");
  if (error.status === 405) headers.append("allow", ALLOWED_METHODS);
  const body = Buffer.from(`${error.status} ${reasonPhrase(error.status)}\n${error.code}\n`, "latin1");
  return { headers, body };
}
