import { formatAffinityCookie } from "../../upstream/upstream.ts";
import type { Filter, RequestContext } from "../request/context.ts";

const EARLY_HINTS = 103;

/** The cookie of a new session, or of one that moved, with the answer of the upstream that it stands for. */
export const affinityCookie: Filter = {
  editResponse: (context, { origin, status, headers }) => {
    if (origin !== "upstream" || status === EARLY_HINTS) return;
    const cookie = newCookie(context);
    if (cookie !== null) headers.append("Set-Cookie", cookie);
  },
};

function newCookie({ affinity, connection, core, request, route }: RequestContext): string | null {
  const value = affinity === null ? null : affinity.newCookieValue;
  if (affinity === null || value === null) return null;
  return formatAffinityCookie(affinity.filter, value, {
    rulePath: route?.route.path ?? "/",
    tls: connection.tls !== null,
    userAgent: request.headers.get("user-agent") ?? "",
    nowMs: core.clock.nowMs(),
  });
}
