import type { AnnotationEntry } from "./entry.ts";
import { AFFINITY } from "./tables/affinity.ts";
import { AUTHENTICATION } from "./tables/authentication.ts";
import { BALANCING } from "./tables/balancing.ts";
import { CANARY } from "./tables/canary.ts";
import { CORS } from "./tables/cors.ts";
import { LIMITS } from "./tables/limits.ts";
import { OBSERVING } from "./tables/observing.ts";
import { PROXYING } from "./tables/proxying.ts";
import { REDIRECTS } from "./tables/redirects.ts";
import { REFUSED } from "./tables/refused.ts";
import { ROUTING } from "./tables/routing.ts";
import { UPSTREAM_TLS } from "./tables/upstream-tls.ts";

/** Every annotation of ingress-nginx 1.15. The order is that of reading: switches stand before what depends on them. */
export const ANNOTATIONS: readonly AnnotationEntry[] = [
  ...ROUTING,
  ...CANARY,
  ...AFFINITY,
  ...BALANCING,
  ...LIMITS,
  ...REDIRECTS,
  ...AUTHENTICATION,
  ...CORS,
  ...PROXYING,
  ...UPSTREAM_TLS,
  ...OBSERVING,
  ...REFUSED,
];

/** By name and by alias. */
export const ANNOTATION_BY_NAME: ReadonlyMap<string, AnnotationEntry> = new Map(
  ANNOTATIONS.flatMap((entry) => [entry.name, ...entry.aliases].map((name) => [name, entry] as const)),
);
