import { readFileSync } from "node:fs";
import type { FakeObject } from "../../test/support/servers/fake-api-server/object-log.ts";
import {
  CANARY_PERCENT,
  FEATURE_HOSTS,
  LIMIT_BURST_MULTIPLIER,
  LIMIT_RPS,
  MANY_HOSTS,
  PLAIN_HOST,
  REGEX_PATHS,
  type Setup,
  STICKY_COOKIE,
} from "./setup.ts";

type Manifest = FakeObject & { readonly kind: string };
type Annotations = Readonly<Record<string, string>>;

/** The Kubernetes objects of a profile: what the other proxies' configuration files say. */
export function headgateObjects(setup: Setup): readonly Manifest[] {
  return [
    { kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } },
    configMap(setup),
    ...service("app", [setup.backendPort]),
    secret(setup),
    ingress(PLAIN_HOST, { tls: [{ hosts: [PLAIN_HOST], secretName: "tls" }] }),
    ...(setup.profile === "features" ? featureObjects(setup) : []),
    ...(setup.profile === "hosts" ? MANY_HOSTS.map((host) => ingress(host, {})) : []),
  ];
}

function featureObjects({ backendPort, otherBackendPort }: Setup): readonly Manifest[] {
  const { regex, limit, canary, sticky } = FEATURE_HOSTS;
  return [
    ...service("other", [otherBackendPort]),
    ...service("pair", [backendPort, otherBackendPort]),
    ingress(regex, {
      paths: REGEX_PATHS,
      annotations: { "use-regex": "true", "rewrite-target": "/$2" },
    }),
    ingress(limit, {
      annotations: { "limit-rps": String(LIMIT_RPS), "limit-burst-multiplier": String(LIMIT_BURST_MULTIPLIER) },
    }),
    ingress(canary, {}),
    ingress(canary, {
      name: "canary-part",
      service: "other",
      annotations: { canary: "true", "canary-weight": String(CANARY_PERCENT) },
    }),
    ingress(sticky, { service: "pair", annotations: { affinity: "cookie", "session-cookie-name": STICKY_COOKIE } }),
  ];
}

interface IngressParts {
  readonly name?: string;
  readonly service?: string;
  readonly paths?: readonly string[];
  readonly annotations?: Annotations;
  readonly tls?: readonly unknown[];
}

function ingress(host: string, parts: IngressParts): Manifest {
  const backend = { service: { name: parts.service ?? "app", port: { number: 80 } } };
  const pathType = parts.paths === undefined ? "Prefix" : "ImplementationSpecific";
  const paths = (parts.paths ?? ["/"]).map((path) => ({ path, pathType, backend }));
  const annotations = { "ssl-redirect": "false", ...parts.annotations };
  const prefixed = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  return {
    kind: "Ingress",
    metadata: { name: parts.name ?? host, namespace: "bench", annotations: Object.fromEntries(prefixed) },
    spec: { ingressClassName: "nginx", tls: parts.tls ?? [], rules: [{ host, http: { paths } }] },
  };
}

/** A Service and one EndpointSlice for each port: endpoints of one slice share their port. */
function service(name: string, ports: readonly number[]): readonly Manifest[] {
  return [
    {
      kind: "Service",
      metadata: { name, namespace: "bench" },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    },
    ...ports.map((port, index) => ({
      kind: "EndpointSlice",
      metadata: { name: `${name}-${index}`, namespace: "bench", labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ port }],
      endpoints: [{ addresses: ["127.0.0.1"] }],
    })),
  ];
}

function configMap({ profile }: Setup): Manifest {
  return {
    kind: "ConfigMap",
    metadata: { name: "headgate", namespace: "bench" },
    data: {
      "disable-access-log": String(profile !== "log"),
      "keep-alive-requests": "100000000",
      "upstream-keepalive-requests": "100000000",
      "proxy-body-size": "10m",
    },
  };
}

function secret({ certFile, keyFile }: Setup): Manifest {
  const [cert, key] = [certFile, keyFile].map((file) => readFileSync(file).toString("base64"));
  return {
    kind: "Secret",
    metadata: { name: "tls", namespace: "bench" },
    type: "kubernetes.io/tls",
    data: { "tls.crt": cert, "tls.key": key },
  };
}
