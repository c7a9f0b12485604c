import type { ResponseHeadersFilter } from "../../model/filters/response-headers.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import type { ResponseDraft } from "../request/hooks.ts";
import { CompiledEdits } from "./edit-headers.ts";

/** Edits every head that the client is sent: an upstream's and the proxy's own. */
export function compileResponseHeaders(spec: ResponseHeadersFilter): Filter {
  return new ResponseHeaders(new CompiledEdits(spec));
}

class ResponseHeaders implements Filter {
  readonly #edits: CompiledEdits;

  constructor(edits: CompiledEdits) {
    this.#edits = edits;
  }

  editResponse(_request: RequestContext, { headers }: ResponseDraft): void {
    this.#edits.apply(headers);
  }
}
