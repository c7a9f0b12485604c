import type { AffinityFilter, CanaryFilter } from "../../../src/model/filters.ts";

/** Cookie affinity as `affinity: cookie` alone asks for it. */
export function buildAffinity(parts: Partial<AffinityFilter> = {}): AffinityFilter {
  return {
    mode: "balanced",
    setsCookie: true,
    cookieName: "INGRESSCOOKIE",
    path: null,
    domain: null,
    expiresSeconds: null,
    maxAgeSeconds: null,
    sameSite: null,
    conditionalSameSiteNone: false,
    secure: false,
    changeOnFailure: false,
    ...parts,
  };
}

/** A canary of the Service `test/<service>` that takes nothing by itself. */
export function buildCanary(service: string, parts: Partial<CanaryFilter> = {}): CanaryFilter {
  return {
    upstream: `test-${service}-80`,
    protocol: "http",
    source: { namespace: "test", name: "canary" },
    service: { namespace: "test", name: service, port: "80" },
    header: null,
    cookie: null,
    weight: 0,
    weightTotal: 100,
    affinity: null,
    ...parts,
  };
}
