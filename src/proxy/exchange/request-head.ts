import type { SendPlan } from "../../upstream/upstream.ts";
import type { ClientRequestHead } from "../../wire/wire.ts";
import { buildRequestHeaders } from "../forward/request-headers.ts";
import type { RequestContext, RuntimeRoute } from "../request/context.ts";
import type { ProxyCore } from "./core.ts";
import { editRequest } from "./run-hooks.ts";

/**
 * The head for an upstream. A rewrite gives a new path; without one the upstream receives the target as the client sent it. Where a pattern
 * took more than the request may spend, which the context shows afterwards, this is no head.
 */
export function buildRequestHead(
  core: ProxyCore,
  context: RequestContext,
  route: RuntimeRoute,
  protocol: SendPlan["protocol"],
): ClientRequestHead {
  const { target, stream, request } = context;
  const rewriting = route.hooks.target;
  const headers = buildRequestHeaders(context, route, protocol);
  editRequest(core, context, headers);
  return {
    method: request.method,
    target: rewriting === null ? target.forwardTarget : (rewriting.rewriteTarget(context, target.query) ?? ""),
    headers,
    bodyLengthBytes: stream.bodyLengthBytes,
    answerHeadBytes: route.forward?.responseHeadBytes ?? 0,
    // An endpoint of HTTP/2 has no connection to give away.
    upgrade: protocol === "grpc" || protocol === "grpcs" ? null : stream.upgrade,
  };
}
