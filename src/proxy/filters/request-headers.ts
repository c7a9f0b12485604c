import type { RequestHeadersFilter } from "../../model/filters/request-headers.ts";
import type { HeaderList } from "../../wire/wire.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import { CompiledEdits } from "./edit-headers.ts";

/** Edits what the upstream is sent, when everything else of its head is there. */
export function compileRequestHeaders(spec: RequestHeadersFilter): Filter {
  return new RequestHeaders(new CompiledEdits(spec));
}

class RequestHeaders implements Filter {
  readonly #edits: CompiledEdits;

  constructor(edits: CompiledEdits) {
    this.#edits = edits;
  }

  editRequest(_request: RequestContext, headers: HeaderList): void {
    this.#edits.apply(headers);
  }
}
