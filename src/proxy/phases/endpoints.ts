import { type Answer, errorAnswer } from "../answer.ts";
import type { RequestContext } from "../context.ts";
import { ERRORS } from "../errors.ts";

/** 503 while the route's upstream has no endpoints, even when its canary has some. */
export function endpoints(context: RequestContext): Answer | null {
  const route = context.route?.route;
  if (route?.action.kind !== "forward") return null;
  context.upstreamId = route.action.upstream;
  context.upstream = context.core.upstreams.get(route.action.upstream) ?? null;
  if (context.upstream?.hasEndpoints === true) return null;
  const hint = context.core.noEndpointsHint;
  if (hint === null) return NO_ENDPOINTS;
  const { namespace, name, port } = route.service;
  return {
    kind: "error",
    error: ERRORS.noEndpoints,
    hint: hint.replaceAll("{service}", () => `${namespace}/${name}:${port}`),
  };
}

const NO_ENDPOINTS = errorAnswer(ERRORS.noEndpoints);
