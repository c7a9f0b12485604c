import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Kind } from "../../kubernetes/objects.ts";
import type { HostId } from "../../model/virtual-host.ts";

/** The name of one thing a shard can read. A shard is rebuilt when a fact it read was touched, and at no other time. */
export type Fact =
  | `${Kind} ${ObjectKey}`
  | `slices ${ObjectKey}`
  | `host ${HostId}`
  | `wildcard-certificate ${HostId}`
  | `backend ${string}`
  | "default-action";

export function objectFact(kind: Kind, key: ObjectKey): Fact {
  return `${kind} ${key}`;
}

/** The EndpointSlices of one Service, as a whole. */
export function slicesFact(service: ObjectKey): Fact {
  return `slices ${service}`;
}

/** Which Ingresses claim a host, and what they say. */
export function hostFact(host: HostId): Fact {
  return `host ${host}`;
}

/** The host of such a fact; null for other facts. */
export function hostOfFact(fact: Fact): HostId | null {
  return fact.startsWith("host ") ? fact.slice("host ".length) : null;
}

/** The certificate of a wildcard host, which serves the hosts below it too. */
export function wildcardCertificateFact(host: HostId): Fact {
  return `wildcard-certificate ${host}`;
}

/** What the Ingresses that share one backend agree on: see `BackendTraits`. */
export function backendFact(backendKey: string): Fact {
  return `backend ${backendKey}`;
}

/** What serves paths that no rule matches. */
export const DEFAULT_ACTION_FACT: Fact = "default-action";
