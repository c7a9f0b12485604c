import type { FakeObject } from "../../test/support/servers/fake-api-server/object-log.ts";

export type Manifest = FakeObject & { readonly kind: string };

export const NAMESPACE = "scale";

/** A certificate and its key as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface StartOptions {
  /** Ingresses, and Services, each with one EndpointSlice of two endpoints. */
  readonly count: number;
  /** Ports that answer A, B and C, on every loopback address. */
  readonly ports: BackendPorts;
  /** Addresses of the two endpoints of every Service; loopback ones where it is not said, which a real API server refuses. */
  readonly addresses?: EndpointAddresses;
  /** Secrets `tls-0`, `tls-1` … are made of these; the first Ingresses refer to one each. */
  readonly certificates: readonly Pair[];
}

export type EndpointAddresses = readonly [string, string];

const LOOPBACK: EndpointAddresses = ["127.0.0.1", "127.0.0.2"];

export interface BackendPorts {
  readonly A: number;
  readonly B: number;
  readonly C: number;
}

/** What a Service answers: its own two states, or the Service that all can be switched to. */
export type Answer = keyof BackendPorts;

/** All objects as they are at the start: every host answers A. */
export function startObjects({ count, ports, addresses, certificates }: StartOptions): readonly Manifest[] {
  const indexes = Array.from({ length: count }, (_, index) => index);
  return [
    { kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } },
    configMapObject(""),
    serviceObject("alternative", "a"),
    sliceObject("alternative", { a: ports.C, b: ports.C }, addresses),
    ...indexes.flatMap((index) => [
      serviceObject(serviceName(index), "a"),
      sliceObject(serviceName(index), { a: ports.A, b: ports.B }, addresses),
      ingressObject(index, serviceName(index), certificates.length),
    ]),
  ];
}

/** A name for certificates that holds every host. */
export const ANY_HOST = "*.scale.test";

export function hostOf(index: number): string {
  return `shop-${index}.scale.test`;
}

export function serviceName(index: number): string {
  return `shop-${index}`;
}

export function ingressObject(index: number, service: string, certificates: number): Manifest {
  const host = hostOf(index);
  const backend = { service: { name: service, port: { number: 80 } } };
  const tls = index < certificates ? [{ hosts: [host], secretName: `tls-${index}` }] : [];
  return {
    kind: "Ingress",
    metadata: {
      name: `shop-${index}`,
      namespace: NAMESPACE,
      annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": "false" },
    },
    spec: {
      ingressClassName: "nginx",
      tls,
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}

/** `portName` chooses which of the slice's two ports serves. Without a selector, so that nobody else makes slices for it. */
export function serviceObject(name: string, portName: "a" | "b"): Manifest {
  return {
    kind: "Service",
    metadata: { name, namespace: NAMESPACE },
    spec: { ports: [{ name: portName, port: 80 }] },
  };
}

/** Two endpoints, two ports. */
export function sliceObject(
  service: string,
  ports: { readonly a: number; readonly b: number },
  addresses: EndpointAddresses = LOOPBACK,
): Manifest {
  return {
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-1`,
      namespace: NAMESPACE,
      labels: { "kubernetes.io/service-name": service },
    },
    addressType: "IPv4",
    ports: Object.entries(ports).map(([name, port]) => ({ name, port })),
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

export function secretObject(index: number, { cert, key }: Pair): Manifest {
  const encode = (pem: string): string => Buffer.from(pem).toString("base64");
  return {
    kind: "Secret",
    metadata: { name: `tls-${index}`, namespace: NAMESPACE },
    type: "kubernetes.io/tls",
    data: { "tls.crt": encode(cert), "tls.key": encode(key) },
  };
}

/** `hidden` is a response header that clients do not get; empty for none. */
export function configMapObject(hidden: string): Manifest {
  return {
    kind: "ConfigMap",
    metadata: { name: "headgate", namespace: NAMESPACE },
    data: {
      "disable-access-log": "true",
      "keep-alive-requests": "100000000",
      ...(hidden === "" ? {} : { "hide-headers": hidden }),
    },
  };
}
