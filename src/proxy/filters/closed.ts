import { errorAnswer } from "../answers/answer.ts";
import type { Filter } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const CLOSED = errorAnswer(ERRORS.routeClosed);

/** A route whose access control could not be resolved answers 503, whatever the request. */
export const closed: Filter = { decide: () => CLOSED };
