import type { Secret as Sealed } from "../lib/secret.ts";

/** The narrow types of the objects that are read. Unknown fields are dropped at the border; what stays is typed and bounded. */

export interface ObjectMeta {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Milliseconds since the epoch; 0 when absent. */
  readonly createdAtMs: number;
  readonly deletedAtMs: number | null;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
}

/** networking.k8s.io/v1 Ingress. */
export interface Ingress {
  readonly kind: "Ingress";
  readonly meta: ObjectMeta;
  readonly spec: IngressSpec;
  /** `status.loadBalancer.ingress`, as other tools see it. */
  readonly status: readonly LoadBalancerIngress[];
  /** Why the object cannot be used: then it holds what is known of its hosts and paths, for these to be closed. */
  readonly refused?: string;
}

export interface IngressSpec {
  readonly ingressClassName: string | null;
  readonly defaultBackend: IngressBackend | null;
  readonly tls: readonly IngressTls[];
  readonly rules: readonly IngressRule[];
}

export interface IngressTls {
  readonly hosts: readonly string[];
  /** Empty when absent: the default certificate. */
  readonly secretName: string;
  /** As that of a rule. */
  readonly position?: number;
}

export interface IngressRule {
  /** Its index in the list as written, where unreadable entries may stand before it; without it, the index in this list. */
  readonly position?: number;
  /** Empty for a rule without host. */
  readonly host: string;
  /** Null for a rule without `http`: the host exists and the default backend serves it. */
  readonly paths: readonly IngressPath[] | null;
}

export interface IngressPath {
  /** As that of a rule. */
  readonly position?: number;
  /** Empty means `/`. */
  readonly path: string;
  readonly pathType: "Exact" | "Prefix" | "ImplementationSpecific" | null;
  readonly backend: IngressBackend;
  /** What of the entry could not be read, the worst of it: such an entry is no less there, and must not be served as if it were not. */
  readonly unreadable?: "path" | "pathType";
}

export type IngressBackend =
  | { readonly kind: "service"; readonly name: string; readonly port: ServicePortRef | null }
  | { readonly kind: "resource"; readonly apiGroup: string; readonly resourceKind: string; readonly name: string }
  | { readonly kind: "unreadable" };

export type ServicePortRef =
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "name"; readonly name: string };

export interface LoadBalancerIngress {
  readonly ip: string;
  readonly hostname: string;
}

/** networking.k8s.io/v1 IngressClass. */
export interface IngressClass {
  readonly kind: "IngressClass";
  readonly meta: ObjectMeta;
  readonly controller: string;
}

/** v1 Service. */
export interface Service {
  readonly kind: "Service";
  readonly meta: ObjectMeta;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** `None` for headless, empty when absent. */
  readonly clusterIP: string;
  readonly externalName: string;
  readonly hasSelector: boolean;
  readonly externalIPs: readonly string[];
  /** `status.loadBalancer.ingress`. */
  readonly loadBalancer: readonly LoadBalancerIngress[];
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  /** Empty when unnamed. */
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  /** A number, or the name of a container port; equals `port` when absent. */
  readonly targetPort: number | string;
}

/** discovery.k8s.io/v1 EndpointSlice. */
export interface EndpointSlice {
  readonly kind: "EndpointSlice";
  readonly meta: ObjectMeta;
  /** From the label `kubernetes.io/service-name`; empty when absent. */
  readonly serviceName: string;
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  /** Absent in the object counts as ready. */
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

export interface SlicePort {
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** Null: all ports; the Service's numeric target port applies. */
  readonly port: number | null;
}

/** v1 Secret. Values stay sealed in `data`; ask `secretText`. */
export interface Secret {
  readonly kind: "Secret";
  readonly meta: ObjectMeta;
  readonly type: string;
  readonly data: ReadonlyMap<string, Sealed>;
}

/** v1 ConfigMap. */
export interface ConfigMap {
  readonly kind: "ConfigMap";
  readonly meta: ObjectMeta;
  readonly data: ReadonlyMap<string, string>;
}

/** v1 Namespace. */
export interface Namespace {
  readonly kind: "Namespace";
  readonly meta: ObjectMeta;
}

export type KubernetesObject = Ingress | IngressClass | Service | EndpointSlice | Secret | ConfigMap | Namespace;
export type Kind = KubernetesObject["kind"];
export type ObjectOf<K extends Kind> = Extract<KubernetesObject, { readonly kind: K }>;
