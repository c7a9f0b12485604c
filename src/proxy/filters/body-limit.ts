import { UNKNOWN_LENGTH } from "../../wire/wire.ts";
import { errorAnswer } from "../answers/answer.ts";
import { type RequestSink, RequestStep } from "../request/body-sink.ts";
import type { Filter } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const TOO_LARGE = errorAnswer(ERRORS.bodyTooLarge);

/** 413 by the declared length, before any redirect. Bodies of unknown length are counted while they stream. */
export const bodyLimit: Filter = {
  decide: ({ route, stream }) => {
    const limit = route?.filters.bodyLimit;
    return limit !== undefined && stream.bodyLengthBytes > limit.maxBytes ? TOO_LARGE : null;
  },
  tap: ({ route, stream }, next) => {
    const limit = route?.filters.bodyLimit;
    return limit === undefined || stream.bodyLengthBytes !== UNKNOWN_LENGTH
      ? next
      : new BodyCount(next, limit.maxBytes);
  },
};

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
