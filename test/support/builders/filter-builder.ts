import type { Affinity, Backend, CanaryRule } from "../../../src/model/forward.ts";

/** Cookie affinity as `affinity: cookie` alone asks for it. */
export function buildAffinity(parts: Partial<Affinity> = {}): Affinity {
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

/** A canary's backend and its rule in one. */
export type CanaryParts = Omit<Backend, "rule" | "weight" | "upstream" | "filters" | "transport"> &
  CanaryRule & { readonly upstream: string; readonly protocol: Backend["transport"]["protocol"] };

/** A canary of the Service `test/<service>` that takes nothing by itself. */
export function buildCanary(service: string, parts: Partial<CanaryParts> = {}): CanaryParts {
  return {
    upstream: `test-${service}-80`,
    protocol: "http",
    source: { kind: "Ingress", namespace: "test", name: "canary" },
    service: { namespace: "test", name: service, port: "80" },
    header: null,
    cookie: null,
    weight: 0,
    weightTotal: 100,
    affinity: null,
    ...parts,
  };
}

export function canaryBackend({ upstream, protocol, service, affinity, ...rule }: CanaryParts): Backend {
  return { upstream, transport: { protocol, security: null }, service, affinity, weight: 0, rule, filters: {} };
}
