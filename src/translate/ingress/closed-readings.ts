import type { Problem } from "../../model/problem.ts";
import type { PathType, Route } from "../../model/route.ts";
import { isGuarded } from "../../model/route.ts";
import { certainBeginning } from "../../patterns/patterns.ts";
import { warningAt } from "../shared/problem-at.ts";
import type { Location } from "./location.ts";
import { canonicalPath, ruleKey } from "./path.ts";

/**
 * A path that its host takes for something else than its author meant matches nothing of what it was to guard: a regex on a host of plain
 * paths, escapes and double slashes, which no normalised path holds. ingress-nginx leaves the requests to other paths. Here they are
 * closed, if the route has any access control; without it nothing is lost.
 */
export interface ClosedReadings {
  readonly routes: readonly Route[];
  readonly problems: readonly Problem[];
}

const REGEX_LIKE = /[*+?()[\]{}|^$\\]/;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** The readings of one route, for the places right after it. `taken` holds the rules that exist; what is added comes in. */
export function closedReadings(
  route: Route,
  { plan, rule }: Location,
  mode: "plain" | "regex",
  taken: Set<string>,
): ClosedReadings {
  if (plan === null || rule === null || route.pathType === "cover" || !isGuarded(route)) return NONE;
  const readings = mode === "plain" ? plainReadings(route.path, route.pathType) : regexReadings(route.path);
  const free = readings.filter(({ path, pathType }) => !taken.has(readingKey(path, pathType)));
  if (free.length === 0) return NONE;
  const reason =
    mode === "plain"
      ? "the paths of this host are plain text, matched in their decoded and normalised form, and this one looks like a regex or like something that no such path is"
      : "request paths are matched in their decoded and normalised form, which this path can never match";
  const message = `${reason}: as the Ingress has access control, everything else that the path may mean answers 503; correct it, or set use-regex for a regex`;
  const place = { source: plan.source, field: `${rule.field}.path`, value: rule.path };
  const routes = free.map(({ path, pathType }): Route => {
    taken.add(readingKey(path, pathType));
    return {
      ...route,
      id: `${route.id}:${pathType}:${path}`,
      path,
      pathType,
      action: { kind: "closed", reason: message },
    };
  });
  return { routes, problems: [warningAt(place, "UnmatchablePath", "closed", message)] };
}

/** What rules are kept apart by, plain ones without their last slashes. */
export function readingKey(path: string, pathType: PathType): string {
  return ruleKey(canonicalPath(path, pathType), pathType);
}

const NONE: ClosedReadings = { routes: [], problems: [] };

type Reading = Pick<Route, "path" | "pathType">;

function plainReadings(path: string, pathType: PathType): readonly Reading[] {
  const regex: readonly Reading[] = REGEX_LIKE.test(path) ? [{ path, pathType: "cover" }] : [];
  const normal = asRequestsAre(path);
  if (normal === null || normal === path) return regex;
  if (CONTROL.test(normal)) return [...regex, { path: certainBeginning(normal), pathType: "cover" }];
  return [...regex, { path: normal, pathType }];
}

/** The path of a request with this target; null where it would be refused. */
function asRequestsAre(text: string): string | null {
  const [path = ""] = text.split(/[?#]/, 1);
  const decoded = decode(path);
  if (decoded === null) return null;
  const out: string[] = [];
  const parts = decoded.split("/").slice(1);
  for (const [index, part] of parts.entries()) {
    if (part === ".." && out.pop() === undefined) return null;
    const isLast = index === parts.length - 1;
    if (part !== "" && part !== "." && part !== "..") out.push(part);
    else if (isLast && out.length > 0) out.push("");
  }
  return `/${out.join("/")}`;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Escapes as the characters they mean, and slashes merged. */
function regexReadings(path: string): readonly Reading[] {
  const read = path.replace(/%([0-9A-Fa-f]{2})/g, "\\x$1").replace(/\/{2,}(?![*+?{])/g, "/");
  return read === path ? [] : [{ path: read, pathType: "cover" }];
}
