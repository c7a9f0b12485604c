import { errorAnswer } from "../answer.ts";
import { ERRORS } from "../errors.ts";
import type { Phase } from "./phase.ts";

const CLOSED = errorAnswer(ERRORS.routeClosed);

/** A route whose access control could not be resolved answers 503, whatever the request. */
export const closed: Phase = () => CLOSED;
