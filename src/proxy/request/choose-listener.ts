import { type Answer, errorAnswer } from "../answers/answer.ts";
import { ERRORS } from "../answers/errors.ts";
import type { RequestContext } from "./context.ts";

/** Refuses what no listener of the socket is for, and what came on a connection for another one where that is not allowed. */
export function chooseListener({ connection, request }: RequestContext): Answer | null {
  const { listener, tls } = connection;
  const chosen = listener.forHost(request.host);
  if (chosen === null) return NO_LISTENER;
  return listener.strict && tls !== null && chosen.id !== listener.id ? MISDIRECTED : null;
}

const NO_LISTENER = errorAnswer(ERRORS.noListener);
const MISDIRECTED = errorAnswer(ERRORS.misdirected);
