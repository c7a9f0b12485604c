import type { Model } from "../../../src/model/model.ts";
import type { Problem } from "../../../src/model/problem.ts";
import type { Translation } from "../../../src/translate/translate.ts";

/** What someone who applied every delta holds. Maps are plain and sorted when compared. */
export interface AccumulatedState {
  readonly virtualHosts: Map<string, unknown>;
  readonly upstreams: Map<string, unknown>;
  readonly endpoints: Map<string, unknown>;
  readonly certificates: Map<string, unknown>;
  readonly problems: Map<string, readonly Problem[]>;
  readonly served: Set<string>;
  defaultCertificate: unknown;
  settings: unknown;
}

export function emptyState(): AccumulatedState {
  return {
    virtualHosts: new Map(),
    upstreams: new Map(),
    endpoints: new Map(),
    certificates: new Map(),
    problems: new Map(),
    served: new Set(),
    defaultCertificate: null,
    settings: null,
  };
}

export function accumulate(state: AccumulatedState, { delta, problems, served }: Translation): void {
  for (const kind of ["virtualHosts", "upstreams", "endpoints", "certificates"] as const) {
    for (const [id, value] of delta[kind]) {
      if (value === null) state[kind].delete(id);
      else state[kind].set(id, value);
    }
  }
  for (const [object, list] of problems) {
    if (list.length === 0) state.problems.delete(object);
    else state.problems.set(object, list);
  }
  for (const key of served.added) state.served.add(key);
  for (const key of served.removed) state.served.delete(key);
  if (delta.defaultCertificate !== undefined) state.defaultCertificate = delta.defaultCertificate;
  if (delta.settings !== undefined) state.settings = delta.settings;
}

/** The state of someone who got everything at once. */
export function stateOf(
  whole: { readonly model: Model; readonly problems: ReadonlyMap<string, readonly Problem[]> },
  served: Set<string>,
): AccumulatedState {
  const { model, problems } = whole;
  return {
    virtualHosts: new Map(model.virtualHosts),
    upstreams: new Map(model.upstreams),
    endpoints: new Map(model.endpoints),
    certificates: new Map(model.certificates),
    problems: new Map(problems),
    served,
    defaultCertificate: model.defaultCertificate,
    settings: model.settings,
  };
}
