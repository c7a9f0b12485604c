import { createHash } from "node:crypto";
import type {
  ConfigMap,
  EndpointSlice,
  Ingress,
  IngressBackend,
  IngressPath,
  IngressRule,
  IngressTls,
  ObjectMeta,
  Secret,
  Service,
  ServicePort,
  SliceEndpoint,
} from "../../../src/kubernetes/objects.ts";
import { sealSecret } from "../../../src/lib/secret.ts";

const PREFIX = "nginx.ingress.kubernetes.io";

/** `namespace/name`, with a creation time in milliseconds and annotations given by their suffix or their whole key. */
export function meta(key: string, createdAtMs = 0, annotations: Readonly<Record<string, string>> = {}): ObjectMeta {
  const slash = key.indexOf("/");
  const full = Object.entries(annotations).map(([name, value]): [string, string] => [
    name.includes("/") ? name : `${PREFIX}/${name}`,
    value,
  ]);
  return {
    namespace: slash === -1 ? "" : key.slice(0, slash),
    name: key.slice(slash + 1),
    uid: createHash("sha256").update(key).digest("hex").slice(0, 16),
    resourceVersion: "1",
    createdAtMs,
    deletedAtMs: null,
    labels: new Map(),
    annotations: new Map(full),
  };
}

export interface IngressParts {
  readonly createdAtMs?: number;
  /** Null for none; `nginx` where absent. */
  readonly className?: string | null;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly rules?: readonly IngressRule[];
  readonly tls?: readonly IngressTls[];
  readonly defaultBackend?: IngressBackend;
}

export function ingress(key: string, parts: IngressParts = {}): Ingress {
  const className = parts.className === undefined ? "nginx" : parts.className;
  const annotations = className === null ? {} : { "kubernetes.io/ingress.class": className };
  return {
    kind: "Ingress",
    meta: meta(key, parts.createdAtMs, { ...annotations, ...parts.annotations }),
    spec: {
      ingressClassName: null,
      defaultBackend: parts.defaultBackend ?? null,
      tls: parts.tls ?? [],
      rules: parts.rules ?? [],
    },
    status: [],
  };
}

/** `web:80`, `web:http`. */
export function backend(text: string): IngressBackend {
  const [name = "", port = "80"] = text.split(":");
  const number = Number(port);
  return {
    kind: "service",
    name,
    port: Number.isNaN(number) ? { kind: "name", name: port } : { kind: "number", number },
  };
}

/** A rule of `[path, type, backend]` rows. */
export function rule(
  host: string,
  ...paths: readonly (readonly [string, IngressPath["pathType"], string])[]
): IngressRule {
  return { host, paths: paths.map(([path, pathType, text]) => ({ path, pathType, backend: backend(text) })) };
}

export function service(key: string, parts: Partial<Service> = {}): Service {
  return {
    kind: "Service",
    meta: meta(key),
    type: "ClusterIP",
    clusterIP: "10.96.0.10",
    externalName: "",
    hasSelector: true,
    externalIPs: [],
    loadBalancer: [],
    ports: [servicePort(80, "http", 8080)],
    ...parts,
  };
}

export function servicePort(port: number, name = "", targetPort: number | string = port): ServicePort {
  return { name, protocol: "TCP", port, targetPort };
}

export function slice(key: string, serviceName: string, parts: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    kind: "EndpointSlice",
    meta: meta(key),
    serviceName,
    addressType: "IPv4",
    endpoints: [sliceEndpoint("10.0.0.1")],
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    ...parts,
  };
}

export function sliceEndpoint(address: string, parts: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return { addresses: [address], ready: true, serving: true, terminating: false, ...parts };
}

export function configMap(key: string, data: Readonly<Record<string, string>>): ConfigMap {
  return { kind: "ConfigMap", meta: meta(key), data: new Map(Object.entries(data)) };
}

export function secret(key: string, data: Readonly<Record<string, string>>): Secret {
  const sealed = Object.entries(data).map(([name, text]): [string, ReturnType<typeof sealSecret>] => [
    name,
    sealSecret(text),
  ]);
  return { kind: "Secret", meta: meta(key), type: "kubernetes.io/tls", data: new Map(sealed) };
}
