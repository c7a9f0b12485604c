import { errorAnswer } from "../answers/answer.ts";
import type { Phase } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const CLOSED = errorAnswer(ERRORS.routeClosed);

/** A route whose access control could not be resolved answers 503, whatever the request. */
export const closed: Phase = () => CLOSED;
