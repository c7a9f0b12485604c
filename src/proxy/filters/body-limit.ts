import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { RequestContext } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const TOO_LARGE = errorAnswer(ERRORS.bodyTooLarge);

/** 413 by the declared length, before any redirect. Bodies of unknown length are counted while they stream. */
export function bodyLimit(context: RequestContext): Answer | null {
  const limitBytes = context.route?.filters.bodyLimitBytes ?? 0;
  return limitBytes > 0 && context.stream.bodyLengthBytes > limitBytes ? TOO_LARGE : null;
}
