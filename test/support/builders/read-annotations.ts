import { parseConfigMap, parseIngressAnnotations } from "../../../src/annotations/annotations.ts";
import type { IngressPolicy } from "../../../src/annotations/annotations.ts";
import type { Problem } from "../../../src/model/problem.ts";
import { DEFAULT_SETTINGS, type TranslationSettings } from "../../../src/model/settings.ts";
import type { SourceRef } from "../../../src/model/source.ts";

export const PREFIX = "nginx.ingress.kubernetes.io";
export const INGRESS: SourceRef = { kind: "Ingress", namespace: "shop", name: "web" };
export const CONFIG_MAP: SourceRef = { kind: "ConfigMap", namespace: "ingress", name: "headgate" };

/** Annotations by bare name, under the default prefix. */
export function readAnnotations(
  annotations: Readonly<Record<string, string>>,
  settings: Partial<TranslationSettings> = {},
): { readonly policy: IngressPolicy; readonly problems: readonly Problem[] } {
  const full = new Map(Object.entries(annotations).map(([name, value]) => [`${PREFIX}/${name}`, value]));
  const context = { prefix: PREFIX, source: INGRESS, settings: { ...DEFAULT_SETTINGS.translation, ...settings } };
  const { policy, problems } = parseIngressAnnotations(full, context);
  return { policy, problems };
}

/** The policy of an Ingress without annotations. */
export const PLAIN_POLICY: IngressPolicy = readAnnotations({}).policy;

export function readConfigMap(data: Readonly<Record<string, string>>) {
  return parseConfigMap(new Map(Object.entries(data)), CONFIG_MAP);
}

/** JSON path that a problem about the annotation names. */
export function fieldOf(name: string): string {
  return `metadata.annotations[${PREFIX}/${name}]`;
}
