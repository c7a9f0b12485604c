import type { Answer } from "../answers/answer.ts";
import type { Filter, RequestContext } from "../request/context.ts";

/**
 * The health check of cloud load balancers on the public ports of the Ingresses: for hosts that nobody serves, every path that begins with the
 * health check path is answered 200. As in nginx, where it is a plain prefix location, a longer rule of the default server
 * wins, and regexes always do.
 */
export const healthCheck: Filter = { decide: (context) => answerHealthCheck(context) };

function answerHealthCheck(context: RequestContext): Answer | null {
  const { virtualHost, target, core, hosts } = context;
  if (!target.path.startsWith(core.healthCheckPath)) return null;
  if (hosts.kind === "ranked") return null;
  if (virtualHost === null) return HEALTHY;
  if (!virtualHost.isDefault || virtualHost.virtualHost.regexMode) return null;
  const match = virtualHost.match(target.path, context);
  if (match?.kind === "route" && match.payload.route.path.length >= core.healthCheckPath.length) return null;
  return HEALTHY;
}

const HEALTHY: Answer = { kind: "empty", status: 200 };
