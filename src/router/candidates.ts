import type { Route } from "../model/route.ts";
import { bySpecificity, compileConditions, type Conditions, plainRequest, RequestValues } from "./conditions.ts";
import { type HostMatch, type MatchPath, UNDECIDED } from "./host-match.ts";

/** Finds by path alone. */
export type FindPath<T> = (path: string) => HostMatch<T>;

/** Whether any of the routes asks for more than its path. */
export function hasConditions(routes: readonly Route[]): boolean {
  return routes.some(({ match }) => match !== undefined);
}

interface Candidate<T> {
  readonly conditions: Conditions | null;
  readonly isClosed: boolean;
  readonly leaf: HostMatch<T>;
}

/** The routes of one path, in the order in which they are tried. */
export class Candidates<T> {
  /** What has the path when none of them takes the request. */
  next: HostMatch<Candidates<T>> = null;
  readonly #candidates: readonly Candidate<T>[];

  constructor(routes: readonly Route[], leaves: readonly HostMatch<T>[]) {
    const all = routes.map((route, i) => ({
      conditions: compileConditions(route),
      isClosed: route.action.kind === "closed",
      leaf: leaves[i] ?? null,
    }));
    this.#candidates = all.toSorted((a, b) => bySpecificity(a.conditions, b.conditions));
  }

  /** The one that takes every request; null where any asks for something. */
  get unconditional(): HostMatch<T> {
    const [first] = this.#candidates;
    return first?.conditions === null ? first.leaf : null;
  }

  /** Null when none takes the request. What cannot be judged may not be passed by: it is the route's where that is closed anyway. */
  choose(values: RequestValues): HostMatch<T> {
    for (const { conditions, isClosed, leaf } of this.#candidates) {
      const verdict = conditions === null ? "met" : conditions.judge(values);
      if (verdict === "met") return leaf;
      if (verdict === "unknown") return isClosed ? leaf : UNDECIDED;
    }
    return null;
  }
}

/** Routes that have one place, by their key, in the order in which the places first come up. */
export function groupRoutes<T>(
  routes: readonly Route[],
  leaves: readonly HostMatch<T>[],
  keyOf: (route: Route) => string,
): readonly RouteGroup<T>[] {
  const groups = Map.groupBy(
    routes.map((route, i) => ({ route, leaf: leaves[i] ?? null })),
    ({ route }) => keyOf(route),
  );
  return [...groups.values()].flatMap((group) => {
    const own = group.map(({ route }) => route);
    const [head] = own;
    return head === undefined
      ? []
      : [
          {
            head,
            routes: own,
            candidates: new Candidates(
              own,
              group.map(({ leaf }) => leaf),
            ),
          },
        ];
  });
}

interface RouteGroup<T> {
  /** The first of them. */
  readonly head: Route;
  readonly routes: readonly Route[];
  readonly candidates: Candidates<T>;
}

/** Finds by path and request: what is found by path is asked from the most specific path on. */
export function choosing<T>(find: FindPath<Candidates<T>>): MatchPath<T> {
  return (path, request = plainRequest()) => {
    let found = find(path);
    if (found?.kind !== "route") return found;
    const only = found.payload.unconditional;
    if (only !== null) return only;
    const values = new RequestValues(request);
    for (; found?.kind === "route"; found = found.payload.next) {
      const chosen = found.payload.choose(values);
      if (chosen !== null) return chosen;
    }
    return found;
  };
}
