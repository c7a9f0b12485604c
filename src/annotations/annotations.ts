/** Annotation and ConfigMap text in, typed policy, settings and problems out: the only place where annotation names exist. */
export type { IngressPolicy } from "./ingress-policy.ts";
export { parseIngressAnnotations } from "./parse-ingress.ts";
export { ANNOTATIONS } from "./table.ts";
export { parseConfigMap } from "./parse-config-map.ts";
export { CONFIG_KEYS } from "./config-keys.ts";
