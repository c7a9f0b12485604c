import type { BodyLimitFilter } from "../../model/filters/body-limit.ts";
import { UNKNOWN_LENGTH } from "../../wire/wire.ts";
import { type Answer, errorAnswer } from "../answers/answer.ts";
import { type RequestSink, RequestStep } from "../request/body-sink.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const TOO_LARGE = errorAnswer(ERRORS.bodyTooLarge);

/** 413 by the declared length, before any redirect. Bodies of unknown length are counted while they stream. */
export function compileBodyLimit({ maxBytes }: BodyLimitFilter): Filter {
  return new BodyLimit(maxBytes);
}

class BodyLimit implements Filter {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  decide({ stream }: RequestContext): Answer | null {
    return stream.bodyLengthBytes > this.#maxBytes ? TOO_LARGE : null;
  }

  tap({ stream }: RequestContext, next: RequestSink): RequestSink {
    return stream.bodyLengthBytes === UNKNOWN_LENGTH ? new BodyCount(next, this.#maxBytes) : next;
  }
}

/** Refuses the chunk that is too much. */
class BodyCount extends RequestStep {
  #leftBytes: number;

  constructor(next: RequestSink, limitBytes: number) {
    super(next);
    this.#leftBytes = limitBytes;
  }

  override write(chunk: Uint8Array): boolean {
    this.#leftBytes -= chunk.length;
    if (this.#leftBytes >= 0) return this.next.write(chunk);
    this.next.refuse(ERRORS.bodyTooLarge);
    return true;
  }
}
