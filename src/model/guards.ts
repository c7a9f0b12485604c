import type { Filters } from "./filters.ts";
import type { Route } from "./route.ts";

/** What a filter keeps away from the backend: requests of some clients, too many requests, or nothing. */
type Guards = "access" | "rate" | "nothing";

/** One row for every filter there is: whoever adds a filter says here what it guards, or nothing compiles. */
const FILTER_GUARDS = {
  tlsRedirect: "nothing",
  rewrite: "nothing",
  limits: "rate",
  canary: "nothing",
  affinity: "nothing",
  timeouts: "nothing",
  retry: "nothing",
  bodyLimitBytes: "nothing",
  upstreamHost: "nothing",
  forwardedPrefix: "nothing",
  responseHeadBytes: "nothing",
} as const satisfies Readonly<Record<keyof Filters, Guards>>;

const GUARDING = Object.keys(FILTER_GUARDS).filter(isGuarding);

function isGuarding(name: string): name is keyof Filters {
  return FILTER_GUARDS[name as keyof Filters] !== "nothing";
}

/** Everything that stands between clients and the backend of a route, as one text: equal texts are the same access control. */
export function policyOf({ action, filters }: Route): string {
  return JSON.stringify([action.kind === "closed", ...GUARDING.map((name) => filters[name])]);
}

/** Whether anything stands there. */
export function isGuarded({ action, filters }: Route): boolean {
  return action.kind === "closed" || GUARDING.some((name) => filters[name] !== null);
}
