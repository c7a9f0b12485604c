import { errorAnswer } from "../answers/answer.ts";
import type { Filter } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const TOO_LARGE = errorAnswer(ERRORS.bodyTooLarge);

/** 413 by the declared length, before any redirect. Bodies of unknown length are counted while they stream. */
export const bodyLimit: Filter = {
  decide: ({ route, stream }) => {
    const limitBytes = route?.filters.bodyLimitBytes ?? 0;
    return limitBytes > 0 && stream.bodyLengthBytes > limitBytes ? TOO_LARGE : null;
  },
};
