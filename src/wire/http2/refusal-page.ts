import { HeaderList } from "../http/header-list.ts";
import { ALLOWED_METHODS, type HeadError, refusalText } from "../http/refusals.ts";

/** The answer to a request that was refused on the wire: a small text. */
export function refusalPage(error: HeadError): { readonly headers: HeaderList; readonly body: Buffer } {
  const headers = new HeaderList();
  headers.append("content-type", "text/plain; charset=utf-8");
  if (error.status === 405) headers.append("allow", ALLOWED_METHODS);
  return { headers, body: Buffer.from(refusalText(error), "latin1") };
}
