import type { Manifest } from "../scale/objects.ts";
import { ingressObject, NAMESPACE, serviceName } from "../scale/objects.ts";

/** How many Ingresses share a host. */
export const SHARERS = 500;
/** A host that many Ingresses share, each with a path of its own. */
const SHARED_HOST = "shared.scale.test";
const LARGE = { hosts: 50, paths: 20 } as const;

/** One kind of Ingress that is reviewed again and again. */
export interface Candidate {
  readonly what: string;
  readonly allowed: boolean;
  /** The Ingress of that review, counted from 0; the cluster has so many of its own. */
  make(review: number, count: number): Manifest;
}

export const CANDIDATES: readonly Candidate[] = [
  {
    what: "an Ingress that is there already, with another annotation",
    allowed: true,
    make: (review, count) => annotated(ingressObject(review % count, serviceName(review % count), 0), review),
  },
  {
    what: "a new Ingress with a host of its own",
    allowed: true,
    make: (review, count) => ingressObject(count + review, serviceName(0), 0),
  },
  {
    what: "one with host and path of another, refused",
    allowed: false,
    make: (review, count) => renamed(ingressObject(review % count, serviceName(0), 0), "thief"),
  },
  {
    what: `one more Ingress on a host that ${SHARERS} others share`,
    allowed: true,
    make: (review) => sharingObject(1_000_000 + review),
  },
  {
    what: `one with ${LARGE.hosts} hosts of ${LARGE.paths} paths each`,
    allowed: true,
    make: () => largeObject(),
  },
];

/** An Ingress on the shared host with a path of its own. */
export function sharingObject(index: number): Manifest {
  return ingressAt(`sharing-${index}`, [[SHARED_HOST, [`/part-${index}`]]]);
}

function largeObject(): Manifest {
  const paths = Array.from({ length: LARGE.paths }, (_, index) => `/part-${index}`);
  const hosts = Array.from({ length: LARGE.hosts }, (_, index) => `large-${index}.scale.test`);
  return ingressAt(
    "large",
    hosts.map((host) => [host, paths]),
  );
}

function ingressAt(name: string, rules: readonly (readonly [host: string, paths: readonly string[]])[]): Manifest {
  const backend = { service: { name: serviceName(0), port: { number: 80 } } };
  return {
    kind: "Ingress",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ingressClassName: "nginx",
      rules: rules.map(([host, paths]) => ({
        host,
        http: { paths: paths.map((path) => ({ path, pathType: "Prefix", backend })) },
      })),
    },
  };
}

function annotated(object: Manifest, review: number): Manifest {
  const annotations = { "nginx.ingress.kubernetes.io/limit-rps": String(1 + (review % 100)) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function renamed(object: Manifest, name: string): Manifest {
  return { ...object, metadata: { ...object.metadata, name } };
}

/** The question of the API server, as JSON. */
export function reviewOf(object: Manifest, uid: string): string {
  const kind = { group: "networking.k8s.io", version: "v1", kind: "Ingress" };
  const { name, namespace } = object.metadata;
  const full = { apiVersion: "networking.k8s.io/v1", ...object };
  const request = { uid, operation: "CREATE", kind, name, namespace, object: full };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
}
