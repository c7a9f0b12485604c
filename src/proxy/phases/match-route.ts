import { type Answer, errorAnswer } from "../answer.ts";
import { connectionScheme, type RequestContext, type RuntimeRoute } from "../context.ts";
import { ERRORS } from "../errors.ts";
import { absoluteLocation, relativeLocation } from "../location.ts";
import { samePolicy } from "../runtime-route.ts";
import { publicPort } from "./public-port.ts";

/** Finds the route, answers nginx's trailing-slash redirect, and refuses paths that another reader would route elsewhere. */
export function matchRoute(context: RequestContext): Answer | null {
  const { virtualHost } = context;
  if (virtualHost === null) return NO_ROUTE;
  if (virtualHost.onlyRoute !== null) {
    context.inLocation = true;
    context.route = virtualHost.onlyRoute;
    return null;
  }
  const match = virtualHost.match(context.target.path);
  if (match === null) return NO_ROUTE;
  context.inLocation = true;
  if (match.kind === "add-slash") return addSlash(context, match.path);
  context.route = match.payload;
  return isAmbiguous(context, match.payload) ? AMBIGUOUS : null;
}

const NO_ROUTE = errorAnswer(ERRORS.noRoute);
const AMBIGUOUS = errorAnswer(ERRORS.ambiguousPath);

/** 301 with the connection's scheme and the host without the request's port; the query stays. */
function addSlash(context: RequestContext, path: string): Answer {
  const relative = relativeLocation(path) + context.target.query;
  const asRelative = context.settings.model.relativeRedirects || context.request.host === "";
  const scheme = connectionScheme(context.connection);
  const location = asRelative
    ? relativeLocation(relative)
    : absoluteLocation(scheme, context.request.host + publicPort(context, scheme), relative);
  return { kind: "redirect", status: 301, location };
}

/**
 * One view of the path: when the backend could read the forwarded path as one that leads to another policy, the request is
 * refused rather than guessed at. Readings that lead nowhere, or to a redirect, grant nothing.
 */
function isAmbiguous(context: RequestContext, chosen: RuntimeRoute): boolean {
  for (const view of context.target.otherViews) {
    const other = context.virtualHost?.match(view);
    if (other?.kind === "route" && !samePolicy(chosen, other.payload)) return true;
  }
  return false;
}
