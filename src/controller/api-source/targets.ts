import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Kind } from "../../kubernetes/objects.ts";
import { isReferencedKind, KINDS } from "../source.ts";

/** One list-and-watch: a kind, everywhere or in one namespace, perhaps narrowed by selectors. */
export interface WatchTarget {
  readonly kind: Kind;
  readonly path: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
  readonly pageSize: number;
  /** Which keys this target answers for. */
  within(key: ObjectKey): boolean;
}

export interface TargetOptions {
  /** Empty: all namespaces. */
  readonly watchNamespace: string;
  /** Label selector; empty: all namespaces. */
  readonly watchNamespaceSelector: string;
  /** Objects needed wherever they are: the controller's own ConfigMap, default certificate, and Services that flags name. */
  readonly alwaysWatch: readonly WatchedObject[];
}

/** One object; of kind EndpointSlice, all slices of the Service with that key. */
interface WatchedObject {
  readonly kind: "Secret" | "ConfigMap" | "Service" | "EndpointSlice";
  readonly key: ObjectKey;
}

interface Resource {
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly pageSize: number;
  readonly fieldSelector: string;
}

const CORE = "/api/v1";
const RESOURCES: Readonly<Record<Kind, Resource>> = {
  Ingress: resource("/apis/networking.k8s.io/v1", "ingresses"),
  IngressClass: { ...resource("/apis/networking.k8s.io/v1", "ingressclasses"), namespaced: false },
  Service: resource(CORE, "services"),
  EndpointSlice: resource("/apis/discovery.k8s.io/v1", "endpointslices"),
  // Helm's releases are the bulk of all Secrets and never serve traffic.
  Secret: { ...resource(CORE, "secrets"), fieldSelector: "type!=helm.sh/release.v1" },
  ConfigMap: resource(CORE, "configmaps"),
  Namespace: { ...resource(CORE, "namespaces"), namespaced: false },
};

function resource(group: string, plural: string): Resource {
  return { group, plural, namespaced: true, pageSize: 500, fieldSelector: "" };
}

const METADATA = "g=meta.k8s.io;v=v1";

/** `Accept` of a list: of Secrets and ConfigMaps the metadata only, so that what nobody refers to is never read. */
export function listForm({ kind }: WatchTarget): string {
  return isReferencedKind(kind) ? `application/json;as=PartialObjectMetadataList;${METADATA}` : "application/json";
}

/** The same for a watch. */
export function watchForm({ kind }: WatchTarget): string {
  return isReferencedKind(kind) ? `application/json;as=PartialObjectMetadata;${METADATA}` : "application/json";
}

/** API path of one namespaced object; `key` is `namespace/name`. */
export function objectPath(kind: Kind, key: ObjectKey): string {
  const { group, plural } = RESOURCES[kind];
  const slash = key.indexOf("/");
  return `${group}/namespaces/${encodeURIComponent(key.slice(0, slash))}/${plural}/${encodeURIComponent(key.slice(slash + 1))}`;
}

export function apiVersionOf(kind: Kind): string {
  return RESOURCES[kind].group.replace(/^\/apis?\//, "");
}

/** Namespaces are only watched where a selector asks for them: that permission is not needed otherwise. */
export function planTargets(options: TargetOptions): readonly WatchTarget[] {
  const kinds = KINDS.filter((kind) => kind !== "Namespace" || options.watchNamespaceSelector !== "");
  const wide = kinds.map((kind) => wideTarget(kind, options));
  const namespace = options.watchNamespace;
  return namespace === "" ? wide : [...wide, ...options.alwaysWatch.flatMap((extra) => extraTargets(extra, namespace))];
}

function wideTarget(kind: Kind, options: TargetOptions): WatchTarget {
  const { group, plural, namespaced, pageSize, fieldSelector } = RESOURCES[kind];
  const scoped = namespaced && options.watchNamespace !== "";
  const prefix = `${options.watchNamespace}/`;
  return {
    kind,
    path: scoped ? `${group}/namespaces/${encodeURIComponent(options.watchNamespace)}/${plural}` : `${group}/${plural}`,
    fieldSelector,
    labelSelector: kind === "Namespace" ? options.watchNamespaceSelector : "",
    pageSize,
    within: scoped ? (key) => key.startsWith(prefix) : () => true,
  };
}

function extraTargets(extra: WatchedObject, watchNamespace: string): readonly WatchTarget[] {
  const slash = extra.key.indexOf("/");
  const namespace = extra.key.slice(0, slash);
  const name = extra.key.slice(slash + 1);
  if (namespace === watchNamespace) return [];
  const target = inNamespace(extra.kind, namespace);
  if (extra.kind === "EndpointSlice") return [{ ...target, labelSelector: `kubernetes.io/service-name=${name}` }];
  return [{ ...target, fieldSelector: `metadata.name=${name}`, within: isKey(extra.key) }];
}

function inNamespace(kind: Kind, namespace: string): WatchTarget {
  return wideTarget(kind, { watchNamespace: namespace, watchNamespaceSelector: "", alwaysWatch: [] });
}

function isKey(wanted: ObjectKey): (key: ObjectKey) => boolean {
  return (key) => key === wanted;
}
