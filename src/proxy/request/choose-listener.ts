import { type Answer, errorAnswer } from "../answers/answer.ts";
import { ERRORS } from "../answers/errors.ts";
import type { RequestContext } from "./context.ts";

/**
 * Chooses the table in which the host is looked up. Refuses what no listener of the socket is for, and what came on a connection for another
 * one where that is not allowed.
 */
export function chooseListener(context: RequestContext): Answer | null {
  const { connection, request, core } = context;
  const { listener, tls } = connection;
  const chosen = listener.forHost(request.host);
  if (chosen === null) return NO_LISTENER;
  context.hosts = core.runtime.tables.get(chosen.table);
  return listener.strict && tls !== null && chosen.id !== listener.id ? MISDIRECTED : null;
}

const NO_LISTENER = errorAnswer(ERRORS.noListener);
const MISDIRECTED = errorAnswer(ERRORS.misdirected);
