import fc from "fast-check";
import type {
  EndpointSlice,
  Ingress,
  IngressClass,
  IngressPath,
  KubernetesObject,
  Secret,
  Service,
} from "../../../src/kubernetes/objects.ts";
import { readCertificateFixture } from "./certificate-fixture.ts";
import {
  backend,
  configMap,
  ingress,
  meta,
  rule,
  secret,
  service,
  servicePort,
  slice,
  sliceEndpoint,
} from "./kubernetes-objects.ts";

/**
 * Objects drawn from a world so small that they meet: three namespaces, of which two can make equal upstream names, a handful of
 * names, hosts, paths and ages.
 */
const namespace = fc.constantFrom("a", "a-b", "b");
const serviceName = fc.constantFrom("web", "web", "b-web");
const host = fc.constantFrom(
  "",
  "shop.example.com",
  "www.example.com",
  "*.example.com",
  "bad host",
  "other.example.net",
);
const path = fc.constantFrom("", "/", "/app", "/app/", "/app/[0-9]+", "/open(", "/a//b", "no-slash", "/x");
const pathType = fc.constantFrom<IngressPath["pathType"]>("Prefix", "Exact", "ImplementationSpecific", null);
const port = fc.constantFrom("80", "80", "http", "9999");
const secretName = fc.constantFrom("shop-tls", "wild-tls", "broken", "missing", "");

const ANNOTATIONS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  { "rewrite-target": "/app" },
  { "use-regex": "true" },
  { affinity: "cookie", "session-cookie-name": "A" },
  { affinity: "cookie", "affinity-mode": "persistent", "session-cookie-name": "B" },
  { canary: "true", "canary-weight": "30" },
  { canary: "true", "canary-by-header": "X", "affinity-canary-behavior": "legacy" },
  { "service-upstream": "true" },
  { "load-balance": "ewma", "app-root": "/app" },
  { "auth-url": "https://auth.example.com" },
  { "limit-rps": "5", "force-ssl-redirect": "true" },
  { "default-backend": "web", "custom-http-errors": "404,503" },
  { "default-backend": "b-web", "limit-rate": "20" },
];

const backendText = fc.tuple(serviceName, port).map(([name, text]) => `${name}:${text}`);
const ruleArbitrary = fc
  .tuple(host, fc.array(fc.tuple(path, pathType, backendText), { maxLength: 3 }))
  .map(([name, paths]) => rule(name, ...paths));
const tls = fc.record({ hosts: fc.array(host, { maxLength: 2 }), secretName });
const ingressKey = fc
  .tuple(namespace, fc.constantFrom("one", "two", "three"))
  .map(([space, name]) => `${space}/${name}`);

const arbitraryIngress: fc.Arbitrary<Ingress> = fc
  .tuple(
    ingressKey,
    fc.record({
      createdAtMs: fc.constantFrom(0, 1000, 2000),
      className: fc.constantFrom("nginx", "nginx", "nginx", "haproxy", null),
      annotations: fc.constantFrom(...ANNOTATIONS),
      rules: fc.array(ruleArbitrary, { maxLength: 3 }),
      tls: fc.array(tls, { maxLength: 2 }),
    }),
    fc.option(backendText),
    fc.constantFrom(null, null, null, "nginx", "foreign"),
  )
  .map(([key, parts, fallback, ingressClassName]) => {
    const made = ingress(key, fallback === null ? parts : { ...parts, defaultBackend: backend(fallback) });
    return { ...made, spec: { ...made.spec, ingressClassName } };
  });

const arbitraryClass: fc.Arbitrary<IngressClass> = fc
  .tuple(fc.constantFrom("nginx", "foreign"), fc.constantFrom("k8s.io/ingress-nginx", "example.com/other"))
  .map(([name, controller]) => ({ kind: "IngressClass", meta: meta(name), controller }));

const arbitraryService: fc.Arbitrary<Service> = fc
  .tuple(
    namespace,
    serviceName,
    fc.constantFrom<Partial<Service>>(
      {},
      {},
      { clusterIP: "None" },
      { ports: [servicePort(80, "http", "named"), servicePort(81, "other", 8080)] },
      { type: "ExternalName", externalName: "api.example.org", ports: [] },
      { type: "ExternalName", externalName: "localhost", ports: [] },
    ),
  )
  .map(([space, name, parts]) => service(`${space}/${name}`, parts));

const arbitrarySlice: fc.Arbitrary<EndpointSlice> = fc
  .tuple(
    namespace,
    serviceName,
    fc.constantFrom("s1", "s2"),
    fc.array(
      fc
        .tuple(fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3"), fc.boolean(), fc.boolean())
        .map(([address, ready, terminating]) => sliceEndpoint(address, { ready, serving: true, terminating })),
      { maxLength: 3 },
    ),
  )
  .map(([space, name, suffix, endpoints]) => slice(`${space}/${suffix}`, name, { endpoints }));

const arbitrarySecret: fc.Arbitrary<Secret> = fc
  .tuple(namespace, fc.constantFrom("shop-tls", "wild-tls", "broken"), fc.constantFrom("shop", "wild", "garbage"))
  .map(([space, name, content]) => {
    if (content === "garbage") return secret(`${space}/${name}`, { "tls.crt": "garbage", "tls.key": "garbage" });
    return secret(`${space}/${name}`, readCertificateFixture(content === "shop" ? "shop" : "wild"));
  });

const arbitraryConfigMap = fc
  .constantFrom<Readonly<Record<string, string>>>(
    {},
    { "ssl-redirect": "false" },
    { "no-such-key": "x" },
    { "load-balance": "ewma" },
    { "hide-headers": "X-Internal" },
  )
  .map((data) => configMap("infra/headgate", data));

export const arbitraryObject: fc.Arbitrary<KubernetesObject> = fc.oneof(
  { weight: 8, arbitrary: arbitraryIngress },
  { weight: 1, arbitrary: arbitraryClass },
  { weight: 3, arbitrary: arbitraryService },
  { weight: 5, arbitrary: arbitrarySlice },
  { weight: 2, arbitrary: arbitrarySecret },
  { weight: 1, arbitrary: arbitraryConfigMap },
);
