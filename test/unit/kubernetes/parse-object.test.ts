import { describe, expect, test } from "vitest";
import { listItems, parseObject, type ParsedObject } from "../../../src/kubernetes/parse-object.ts";
import type { KubernetesObject, ObjectOf } from "../../../src/kubernetes/objects.ts";
import { revealSecret } from "../../../src/lib/secret.ts";

type Json = Readonly<Record<string, unknown>>;

const metadata = { name: "web", namespace: "shop" };
const backend = { service: { name: "web", port: { number: 80 } } };
const goodPath = { path: "/", pathType: "Prefix", backend };

function ingressWith(spec: unknown): Json {
  return { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec };
}

function ingressWithPaths(...paths: readonly unknown[]): Json {
  return ingressWith({ rules: [{ host: "shop.example", http: { paths } }] });
}

function core(kind: string, fields: Json): Json {
  return { apiVersion: "v1", kind, metadata, ...fields };
}

function sliceWith(fields: Json): Json {
  return { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType: "IPv4", ...fields };
}

function only<K extends KubernetesObject["kind"]>(parsed: ParsedObject, kind: K): ObjectOf<K> {
  if (parsed.object === null || !isKind(parsed.object, kind)) throw new Error(`no ${kind}: ${JSON.stringify(parsed)}`);
  return parsed.object;
}

function isKind<K extends KubernetesObject["kind"]>(object: KubernetesObject, kind: K): object is ObjectOf<K> {
  return object.kind === kind;
}

describe("an Ingress none of whose rules can be read", () => {
  const defaultBackend = { service: { name: "web", port: { number: 80 } } };

  test.each([{ rules: ["x"] }, { rules: [{ host: 5 }] }, { rules: "x" }])(
    "does not become a catch-all with its defaultBackend: %j",
    (rules) => {
      const parsed = parseObject(ingressWith({ ...rules, defaultBackend }));
      expect([parsed.object, parsed.errors.length]).toEqual([null, 1]);
    },
  );

  test("is a catch-all when it has no rules at all", () => {
    expect(only(parseObject(ingressWith({ rules: [], defaultBackend })), "Ingress").spec.rules).toEqual([]);
  });
});

function fieldsOf(parsed: ParsedObject): readonly string[] {
  return parsed.errors.map((error) => error.field);
}

describe("which objects", () => {
  test.each([
    ["a kind that is not read here", { apiVersion: "apps/v1", kind: "Deployment", metadata }],
    [
      "a kind of the same name in another API group",
      { apiVersion: "networking.internal.knative.dev/v1alpha1", kind: "Ingress", metadata },
    ],
    ["a core kind under a group", { apiVersion: "serving.knative.dev/v1", kind: "Service", metadata }],
  ])("%s is not recognised and is no error", (_what, json) => {
    expect(parseObject(json)).toEqual({ object: null, closed: null, errors: [], warnings: [], recognised: false });
  });

  test.each(["extensions/v1beta1", "networking.k8s.io/v1beta1"])(
    "%s is refused with the version to convert to",
    (apiVersion) => {
      const parsed = parseObject({ ...ingressWithPaths(goodPath), apiVersion });
      expect([parsed.object, parsed.errors[0]?.field]).toEqual([null, "apiVersion"]);
      expect(parsed.errors[0]?.message).toContain("networking.k8s.io/v1");
    },
  );

  test.each([[null], ["text"], [7], [[]], [{}], [{ kind: "Ingress" }], [{ apiVersion: "v1", kind: 3 }]])(
    "%j is no object",
    (json) => {
      const parsed = parseObject(json);
      expect([parsed.object, parsed.errors.length]).toEqual([null, 1]);
    },
  );

  test("lists are taken apart, and items of typed lists get their kind", () => {
    const item = { metadata, spec: {} };
    expect(listItems({ apiVersion: "v1", kind: "List", items: [1, item] })).toEqual([1, item]);
    const typed = listItems({ apiVersion: "v1", kind: "ServiceList", items: [item] });
    expect(typed).toEqual([{ apiVersion: "v1", kind: "Service", metadata, spec: {} }]);
    expect([listItems(item), listItems({ kind: "List", items: {} }), listItems(null)]).toEqual([null, null, null]);
  });
});

describe("metadata", () => {
  test("is read whole", () => {
    const parsed = parseObject(
      core("Namespace", {
        metadata: {
          name: "shop",
          namespace: "ignored",
          uid: "u-1",
          resourceVersion: "42",
          creationTimestamp: "2026-01-31T12:00:00Z",
          deletionTimestamp: "2026-02-01T00:00:00Z",
          labels: { team: "shop" },
          annotations: { a: "b" },
        },
      }),
    );
    expect(parsed.object?.meta).toEqual({
      namespace: "",
      name: "shop",
      uid: "u-1",
      resourceVersion: "42",
      createdAtMs: Date.UTC(2026, 0, 31, 12),
      deletedAtMs: Date.UTC(2026, 1, 1),
      labels: new Map([["team", "shop"]]),
      annotations: new Map([["a", "b"]]),
    });
  });

  test("without a namespace a namespaced object is in `default`", () => {
    expect(parseObject(core("ConfigMap", { metadata: { name: "web" } })).object?.meta.namespace).toBe("default");
  });

  test.each([
    ["metadata", undefined],
    ["metadata", "web"],
    ["metadata.name", {}],
    ["metadata.name", { name: 7 }],
    ["metadata.name", { name: "UPPER" }],
    ["metadata.name", { name: "a\nb" }],
    ["metadata.name", { name: "a".repeat(254) }],
    ["metadata.namespace", { name: "web", namespace: "a/b" }],
    ["metadata.annotations", { name: "web", annotations: "text" }],
    [
      'metadata.annotations["nginx.ingress.kubernetes.io/whitelist-source-range"]',
      { name: "web", annotations: { "nginx.ingress.kubernetes.io/whitelist-source-range": 10 } },
    ],
    ["metadata.labels.team", { name: "web", labels: { team: null } }],
  ])("an error at %s refuses the whole object: %j", (field, meta) => {
    const parsed = parseObject(core("Service", { metadata: meta, spec: {} }));
    expect([parsed.object, fieldsOf(parsed)]).toEqual([null, [field]]);
  });

  test("names like __proto__ are keys like any other", () => {
    const json: unknown = JSON.parse(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web","annotations":{"__proto__":"x","constructor":"y"}},"data":{"__proto__":"z"},"__proto__":{"a":1}}',
    );
    const parsed = only(parseObject(json), "ConfigMap");
    expect([...parsed.meta.annotations]).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect([...parsed.data]).toEqual([["__proto__", "z"]]);
    expect(Object.hasOwn(Object.prototype, "a")).toBe(false);
  });

  test("an annotation of 1 MB is kept; one with control characters is kept and named", () => {
    const annotations = { big: "x".repeat(1 << 20), odd: "a\u0000b", lines: "a\n\tb" };
    const parsed = parseObject(core("Service", { metadata: { ...metadata, annotations }, spec: {} }));
    expect(parsed.object?.meta.annotations.get("big")).toHaveLength(1 << 20);
    expect(parsed.warnings.map(({ field, value }) => [field, value])).toEqual([
      ['metadata.annotations["odd"]', "a\\x00b"],
    ]);
  });

  test("an unreadable time is a warning", () => {
    const parsed = parseObject(core("Service", { metadata: { ...metadata, creationTimestamp: "soon" }, spec: {} }));
    expect([parsed.object?.meta.createdAtMs, parsed.warnings[0]?.field]).toEqual([0, "metadata.creationTimestamp"]);
  });
});

describe("Ingress", () => {
  test("is read whole", () => {
    const parsed = parseObject({
      ...ingressWith({
        ingressClassName: "nginx",
        defaultBackend: { service: { name: "fallback", port: { name: "http" } } },
        tls: [{ hosts: ["shop.example"], secretName: "tls" }, {}],
        rules: [{ host: "shop.example", http: { paths: [goodPath] } }, { host: "bare.example" }, {}],
      }),
      status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }, { hostname: "lb.example" }] } },
    });
    expect(parsed.errors).toEqual([]);
    expect(only(parsed, "Ingress").spec).toEqual({
      ingressClassName: "nginx",
      defaultBackend: { kind: "service", name: "fallback", port: { kind: "name", name: "http" } },
      tls: [
        { position: 0, hosts: ["shop.example"], secretName: "tls" },
        { position: 1, hosts: [], secretName: "" },
      ],
      rules: [
        {
          position: 0,
          host: "shop.example",
          paths: [
            {
              position: 0,
              path: "/",
              pathType: "Prefix",
              backend: { kind: "service", name: "web", port: { kind: "number", number: 80 } },
            },
          ],
        },
        { position: 1, host: "bare.example", paths: null },
        { position: 2, host: "", paths: null },
      ],
    });
    expect(only(parsed, "Ingress").status).toEqual([
      { ip: "192.0.2.1", hostname: "" },
      { ip: "", hostname: "lb.example" },
    ]);
  });

  test.each([
    ["pathType", { ...goodPath, pathType: "Regex" }],
    ["path", { ...goodPath, path: 7 }],
    ["path", { ...goodPath, path: "/a\r\nb" }],
    ["backend", { path: "/", pathType: "Exact" }],
    ["backend", { ...goodPath, backend: {} }],
    ["backend", { ...goodPath, backend: { service: backend.service, resource: { kind: "Bucket", name: "b" } } }],
    ["backend.service.name", { ...goodPath, backend: { service: { port: { number: 80 } } } }],
    ["backend.service.port.number", { ...goodPath, backend: { service: { name: "web", port: { number: "80" } } } }],
    ["backend.service.port.number", { ...goodPath, backend: { service: { name: "web", port: { number: 70_000 } } } }],
    [
      "backend.service.port",
      { ...goodPath, backend: { service: { name: "web", port: { number: 80, name: "http" } } } },
    ],
    ["", "text"],
  ])("a path with a wrong %s stays as one that is unreadable: %j", (field, bad) => {
    const parsed = parseObject(ingressWithPaths(bad, goodPath));
    const [first, second] = only(parsed, "Ingress").spec.rules[0]?.paths ?? [];
    expect(
      first?.unreadable !== undefined || first?.backend.kind === "unreadable" || /\r/.test(first?.path ?? ""),
    ).toBe(true);
    expect(second?.backend.kind).toBe("service");
    expect(fieldsOf(parsed)).toEqual([`spec.rules[0].http.paths[0]${field === "" ? "" : `.${field}`}`]);
  });

  test.each([
    [{ host: "a.example", http: "x" }, "spec.rules[0].http"],
    [{ host: "a.example", http: { paths: "x" } }, "spec.rules[0].http.paths"],
  ])("paths that are no list may be any path: %j", (bad, field) => {
    const parsed = parseObject(ingressWith({ rules: [bad] }));
    expect(only(parsed, "Ingress").spec.rules[0]?.paths).toMatchObject([{ unreadable: "path" }]);
    expect(fieldsOf(parsed)).toEqual([field]);
  });

  test("a TLS entry that cannot be read still is one, so that http is redirected to https", () => {
    const parsed = parseObject(ingressWith({ tls: ["text"] }));
    expect(only(parsed, "Ingress").spec.tls).toEqual([{ position: 0, hosts: [], secretName: "" }]);
  });

  test("a default backend that cannot be read is one", () => {
    const parsed = parseObject(ingressWith({ defaultBackend: { service: 5 } }));
    expect(only(parsed, "Ingress").spec.defaultBackend).toEqual({ kind: "unreadable" });
  });

  test("a rule with a wrong host is dropped alone", () => {
    const parsed = parseObject(
      ingressWith({ rules: [{ host: ["x"] }, { host: "b.example" }, { host: "c\u0000.example" }] }),
    );
    expect(only(parsed, "Ingress").spec.rules.map((rule) => rule.host)).toEqual(["b.example"]);
    expect(fieldsOf(parsed)).toEqual(["spec.rules[0].host", "spec.rules[2].host"]);
  });

  test("a wrong secret name leaves its hosts on TLS", () => {
    const parsed = parseObject(ingressWith({ tls: [{ hosts: ["a.example", 7], secretName: 8 }] }));
    expect(only(parsed, "Ingress").spec.tls).toEqual([{ position: 0, hosts: ["a.example"], secretName: "" }]);
    expect(fieldsOf(parsed)).toEqual(["spec.tls[0].hosts[1]", "spec.tls[0].secretName"]);
  });

  test.each([
    ["spec", undefined],
    ["spec", "text"],
    ["spec.tls", { tls: { hosts: ["a"] } }],
    ["spec.ingressClassName", { ingressClassName: 7 }],
  ])("an unreadable %s refuses the whole object", (field, spec) => {
    const parsed = parseObject(ingressWith(spec));
    expect([parsed.object, fieldsOf(parsed)]).toEqual([null, [field]]);
  });

  test("unknown fields are named in warnings, and null counts as absent", () => {
    const spec = {
      rules: [{ host: "a.example", https: {}, http: { paths: [{ ...goodPath, serviceName: "web" }] } }],
      tls: null,
    };
    const parsed = parseObject(ingressWith(spec));
    expect(parsed.errors).toEqual([]);
    expect(parsed.warnings.map((warning) => warning.field)).toEqual([
      "spec.rules[0].https",
      "spec.rules[0].http.paths[0].serviceName",
    ]);
  });

  test("complaints are bounded", () => {
    const parsed = parseObject(ingressWithPaths(...Array.from({ length: 5000 }, () => 7)));
    expect(parsed.errors).toHaveLength(100);
  });

  test("a resource backend is kept as one", () => {
    const resource = { apiGroup: "storage.example", kind: "Bucket", name: "static" };
    const paths = only(parseObject(ingressWithPaths({ ...goodPath, backend: { resource } })), "Ingress").spec.rules[0]
      ?.paths;
    expect(paths?.[0]?.backend).toEqual({
      kind: "resource",
      apiGroup: "storage.example",
      resourceKind: "Bucket",
      name: "static",
    });
  });

  test("an IngressClass names its controller", () => {
    const json = {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata,
      spec: { controller: "k8s.io/ingress-nginx" },
    };
    const parsed = only(parseObject(json), "IngressClass");
    expect([parsed.controller, parsed.meta.namespace]).toEqual(["k8s.io/ingress-nginx", ""]);
  });
});

describe("Service and EndpointSlice", () => {
  test("a Service is read with its defaults", () => {
    const parsed = only(
      parseObject(
        core("Service", {
          spec: { ports: [{ port: 80 }, { port: 443, name: "tls", targetPort: "https", protocol: "TCP" }] },
        }),
      ),
      "Service",
    );
    expect(parsed).toMatchObject({ type: "ClusterIP", clusterIP: "", externalName: "", hasSelector: false });
    expect(parsed.ports).toEqual([
      { name: "", protocol: "TCP", port: 80, targetPort: 80 },
      { name: "tls", protocol: "TCP", port: 443, targetPort: "https" },
    ]);
  });

  test.each([
    ["spec.ports[0].port", { ports: [{ port: 0 }, { port: 80 }] }],
    ["spec.ports[0].port", { ports: [{ name: "http" }, { port: 80 }] }],
    ["spec.ports[0].protocol", { ports: [{ port: 80, protocol: "tcp" }, { port: 80 }] }],
    ["spec.ports[0].targetPort", { ports: [{ port: 80, targetPort: -1 }, { port: 80 }] }],
  ])("a port with a wrong %s is dropped alone", (field, spec) => {
    const parsed = parseObject(core("Service", { spec }));
    expect([only(parsed, "Service").ports.length, fieldsOf(parsed)]).toEqual([1, [field]]);
  });

  test("an unknown type refuses the Service", () => {
    expect(parseObject(core("Service", { spec: { type: "Magic" } })).object).toBeNull();
  });

  test("conditions follow the EndpointSlice rules", () => {
    const endpoints = [
      { addresses: ["10.0.0.1"] },
      { addresses: ["10.0.0.2"], conditions: { ready: null } },
      { addresses: ["10.0.0.3"], conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ["10.0.0.4"], conditions: { ready: false } },
    ];
    const parsed = only(parseObject(sliceWith({ endpoints })), "EndpointSlice");
    expect(parsed.endpoints.map(({ ready, serving, terminating }) => [ready, serving, terminating])).toEqual([
      [true, true, false],
      [true, true, false],
      [false, true, true],
      [false, false, false],
    ]);
  });

  test("wrong endpoints, addresses and ports without a number are dropped alone", () => {
    const endpoints = [
      { addresses: ["10.0.0.1", "fe80::1", 7] },
      { addresses: [] },
      { addresses: ["10.0.0.2"], conditions: { ready: "yes" } },
      9,
    ];
    const parsed = parseObject(sliceWith({ endpoints, ports: [{ port: 80 }, { port: "80" }, {}] }));
    const slice = only(parsed, "EndpointSlice");
    expect(slice.endpoints.map((endpoint) => endpoint.addresses)).toEqual([["10.0.0.1"]]);
    expect(slice.ports.map((port) => port.port)).toEqual([80, null]);
    expect(fieldsOf(parsed)).toEqual([
      "endpoints[0].addresses[1]",
      "endpoints[0].addresses[2]",
      "endpoints[2].conditions.ready",
      "endpoints[3]",
      "ports[1].port",
    ]);
  });

  test("the Service is known by the label, and null lists are empty", () => {
    const meta = { ...metadata, labels: { "kubernetes.io/service-name": "web" } };
    const parsed = only(parseObject(sliceWith({ metadata: meta, endpoints: null, ports: null })), "EndpointSlice");
    expect([parsed.serviceName, parsed.endpoints, parsed.ports]).toEqual(["web", [], []]);
  });

  test("a slice without a known address type is refused", () => {
    expect(fieldsOf(parseObject(sliceWith({ addressType: "IPX" })))).toEqual(["addressType"]);
    expect(fieldsOf(parseObject(sliceWith({ addressType: null })))).toEqual(["addressType"]);
  });
});

describe("Secret and ConfigMap", () => {
  test("values are decoded and sealed; stringData wins", () => {
    const json = core("Secret", {
      type: "kubernetes.io/tls",
      data: { "tls.crt": "Y2VydA==", empty: "", wrapped: "YWJj\nZGVm" },
      stringData: { "tls.crt": "plain" },
    });
    const secret = only(parseObject(json), "Secret");
    expect(secret.type).toBe("kubernetes.io/tls");
    expect([...secret.data].map(([key, value]) => [key, revealSecret(value)])).toEqual([
      ["tls.crt", "plain"],
      ["empty", ""],
      ["wrapped", "abcdef"],
    ]);
  });

  test.each([
    ['data["tls.key"]', { data: { "tls.key": "not base64 hunter2" } }],
    ['data["tls.key"]', { data: { "tls.key": ["hunter2"] } }],
    ["stringData.password", { stringData: { password: 4711 } }],
    ["data", { data: "hunter2" }],
  ])("an error at %s never shows the value", (field, fields) => {
    const parsed = parseObject(core("Secret", fields));
    expect(parsed.errors.map(({ field, value }) => [field, value])).toEqual([[field, ""]]);
    expect(JSON.stringify(parsed)).not.toMatch(/hunter2|4711/);
  });

  test("a ConfigMap keeps its text and drops what is none", () => {
    const parsed = parseObject(core("ConfigMap", { data: { a: "1", b: 2 }, binaryData: { c: "AA==" } }));
    expect([...only(parsed, "ConfigMap").data]).toEqual([["a", "1"]]);
    expect(fieldsOf(parsed)).toEqual(["data.b"]);
  });
});
