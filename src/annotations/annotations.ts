/** Annotation and ConfigMap text in, typed policy, settings and problems out: the only place where annotation names exist. */
export type { IngressPolicy } from "./reading/policy.ts";
export { parseIngressAnnotations } from "./reading/parse-ingress.ts";
export { NO_REWRITE } from "./features/rewrite.ts";
export { ANNOTATIONS } from "./features/features.ts";
export { parseConfigMap } from "./reading/parse-config-map.ts";
export { CONFIG_KEYS } from "./config-keys/config-keys.ts";
