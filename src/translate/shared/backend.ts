import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Affinity } from "../../model/forward.ts";
import type { ServiceRef, Upstream } from "../../model/upstream.ts";

/** A Service port as an Ingress names it. */
export interface BackendRef {
  /** `namespace/service:port`: unique among backends. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Number or name as text; empty when the object gives none; null means the first port of the Service. */
  readonly port: string | null;
}

/** What all routes to one backend share, taken from the Ingresses that refer to it. */
export interface BackendTraits {
  /** Id of the upstream: `<namespace>-<service>-<port>`, made longer where two backends would share it. */
  readonly id: string;
  /** `load-balance` of the first Ingress that refers to the backend. */
  readonly balancer: Upstream["balancer"];
  /** `service-upstream` of the first Ingress that refers to the backend. */
  readonly serviceUpstream: boolean;
  /** Mode from the first Ingress with affinity, everything else from the last one, as ingress-nginx does it. */
  readonly affinity: Omit<Affinity, "setsCookie"> | null;
}

/** Knows what the objects that refer to backends agree on. */
export interface BackendIndex {
  /** Undefined for a backend that none of them refers to. */
  traits(backend: BackendRef): BackendTraits | undefined;
}

/** ingress-nginx's name for `--default-backend-service`, known from its logs and metrics. */
export const DEFAULT_BACKEND_ID = "upstream-default-backend";

/** Traits of the backend that no Ingress refers to. */
export function defaultBackendTraits(balancer: Upstream["balancer"]): BackendTraits {
  return { id: DEFAULT_BACKEND_ID, balancer, serviceUpstream: false, affinity: null };
}

export function backendRef(namespace: string, name: string, port: string): BackendRef {
  return { key: `${namespace}/${name}:${port}`, namespace, name, port };
}

/** The first port of a Service. */
export function firstPortRef(namespace: string, name: string): BackendRef {
  // The space keeps the key apart from that of an Ingress backend without port.
  return { key: `${namespace}/${name}: `, namespace, name, port: null };
}

/** The first port of the Service of `--default-backend-service`; null for a key without namespace. */
export function defaultBackendRef(service: ObjectKey): BackendRef | null {
  const [namespace = "", name = ""] = service.split("/");
  return namespace === "" || name === "" ? null : firstPortRef(namespace, name);
}

/** As the model names it: for labels and messages. */
export function serviceRef({ namespace, name, port }: BackendRef): ServiceRef {
  return { namespace, name, port: port ?? "" };
}

export function serviceKey(backend: BackendRef): ObjectKey {
  return `${backend.namespace}/${backend.name}`;
}
