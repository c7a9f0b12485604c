import type { ResponseHeadersFilter } from "../../model/filters/response-headers.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import type { ResponseDraft } from "../request/hooks.ts";
import { CompiledEdits } from "./edit-headers.ts";

/** Edits what the client is sent, whoever answered. */
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
