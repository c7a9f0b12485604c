import type { ModelDelta } from "../model/model.ts";

export const EMPTY_DELTA: ModelDelta = {
  virtualHosts: new Map(),
  upstreams: new Map(),
  endpoints: new Map(),
  certificates: new Map(),
};

/** One delta with the effect of both in turn. */
export function mergeDeltas(first: ModelDelta, second: ModelDelta): ModelDelta {
  return {
    // `defaultCertificate` and `settings` are absent where unchanged, so that spreading keeps the last word.
    ...first,
    ...second,
    virtualHosts: new Map([...first.virtualHosts, ...second.virtualHosts]),
    upstreams: new Map([...first.upstreams, ...second.upstreams]),
    endpoints: new Map([...first.endpoints, ...second.endpoints]),
    certificates: new Map([...first.certificates, ...second.certificates]),
  };
}
