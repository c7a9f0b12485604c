import { forwardedPath, readingsOf } from "../../router/router.ts";
import { type Answer, errorAnswer } from "../answers/answer.ts";
import { connectionScheme, type RequestContext, type RuntimeHost, type RuntimeRoute } from "./context.ts";
import { ERRORS } from "../answers/errors.ts";
import { absoluteLocation, relativeLocation } from "../answers/location.ts";
import { publicPort } from "./public-port.ts";

/** Finds the route, answers nginx's trailing-slash redirect, and refuses paths that another reader would route elsewhere. */
export function matchRoute(context: RequestContext): Answer | null {
  const { virtualHost } = context;
  if (virtualHost === null) return NO_ROUTE;
  if (virtualHost.onlyRoute !== null) {
    context.inLocation = context.hosts.kind === "nginx";
    context.route = virtualHost.onlyRoute;
    return null;
  }
  const match = virtualHost.match(context.target.path, context);
  if (match === null) return NO_ROUTE;
  if (match.kind === "undecided") return PATTERN_BUDGET;
  context.inLocation = context.hosts.kind === "nginx";
  if (match.kind === "add-slash") return addSlash(context, match.path);
  context.route = match.payload;
  return context.target.isPlain ? null : refuseAmbiguous(context, virtualHost, match.payload);
}

const NO_ROUTE = errorAnswer(ERRORS.noRoute);
const PATTERN_BUDGET = errorAnswer(ERRORS.patternBudget);
const AMBIGUOUS = errorAnswer(ERRORS.ambiguousPath);
/** An escaped `?`, however often its `%` was escaped. */
const HIDDEN_QUERY = /%(?:25)*3f/i;
const TOO_MANY_READINGS = errorAnswer(ERRORS.tooManyReadings);

/** 301 with the connection's scheme and the host without the request's port; the query stays. */
function addSlash(context: RequestContext, path: string): Answer {
  const relative = relativeLocation(path) + context.target.query;
  const asRelative = context.settings.dataPlane.relativeRedirects || context.request.host === "";
  const scheme = connectionScheme(context.connection);
  const location = asRelative
    ? relativeLocation(relative)
    : absoluteLocation(scheme, context.request.host + publicPort(context, scheme), relative);
  return { kind: "redirect", status: 301, location };
}

/**
 * One reading of the path: when the backend could take the forwarded path for one that leads to a route which is guarded, and not as the
 * chosen one is, the request is refused rather than guessed at. Readings that lead nowhere or to an open route grant nothing.
 */
function refuseAmbiguous(context: RequestContext, host: RuntimeHost, chosen: RuntimeRoute): Answer | null {
  if (!host.hasGuards) return null;
  const { target } = context;
  const forwarded = forwardedPath(target);
  const readings = readingsOf(forwarded);
  if (readings === null) return TOO_MANY_READINGS;
  // Some would read a query out of the path, and so meet conditions that were not looked at.
  if (HIDDEN_QUERY.test(forwarded) && host.asksQuery) return AMBIGUOUS;
  const slips = readings.some((reading) => {
    const other = routeAt(host, reading, context);
    return (
      other === "undecided" || (other !== null && other.hooks.isGuarded && other.hooks.policy !== chosen.hooks.policy)
    );
  });
  const { target: rewriting } = chosen.hooks;
  if (slips || (rewriting !== null && mayNameHost(rewriting.rewriteTarget(context, "")))) return AMBIGUOUS;
  // A reading that could not be judged is not known to be harmless.
  return context.patternStepsLeft < 0 ? PATTERN_BUDGET : null;
}

/**
 * Readings of a rewritten path are those of the path before, but for one: what was captured may come to stand where a reader looks for
 * `//host`, and whatever such a reader cuts off there is no reading of the path before.
 */
function mayNameHost(rewritten: string | null): boolean {
  return rewritten !== null && readingsOf(rewritten)?.some((reading) => reading.startsWith("//")) !== false;
}

/** Where nginx would redirect to the path with a slash, the backend may serve it without one. */
function routeAt(host: RuntimeHost, path: string, context: RequestContext): RuntimeRoute | "undecided" | null {
  const match = host.match(path, context);
  if (match?.kind === "route") return match.payload;
  // When the steps are spent, that is said at the end.
  if (match?.kind === "undecided") return context.patternStepsLeft < 0 ? null : "undecided";
  return match?.kind !== "add-slash" || path.endsWith("/") ? null : routeAt(host, `${path}/`, context);
}
