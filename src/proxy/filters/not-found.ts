import { errorAnswer } from "../answers/answer.ts";
import type { Filter } from "../request/context.ts";
import { ERRORS } from "../answers/errors.ts";

const NOT_FOUND = errorAnswer(ERRORS.noRoute);

/** The built-in default backend. It comes after redirects and limits, as a backend would. */
export const notFound: Filter = { decide: () => NOT_FOUND };
