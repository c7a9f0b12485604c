import { errorAnswer } from "../answers/answer.ts";
import type { Filter } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const TOO_LARGE = errorAnswer(ERRORS.bodyTooLarge);

/** 413 by the declared length, before any redirect. Bodies of unknown length are counted while they stream. */
export const bodyLimit: Filter = {
  decide: ({ route, stream }) => {
    const limit = route?.filters.bodyLimit;
    return limit !== undefined && stream.bodyLengthBytes > limit.maxBytes ? TOO_LARGE : null;
  },
};
