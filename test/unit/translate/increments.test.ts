import { describe, expect, test } from "vitest";
import type { ObjectKey } from "../../../src/kubernetes/object-key.ts";
import type { EndpointSlice, Kind, KubernetesObject, ObjectOf } from "../../../src/kubernetes/objects.ts";
import { isEmptyDelta, onlyShard } from "../../../src/model/delta.ts";
import { type Translation, Translator, type TranslateOptions } from "../../../src/translate/translate.ts";
import { readCertificateFixture } from "../../support/builders/certificate-fixture.ts";
import {
  configMap,
  ingress,
  type IngressParts,
  meta,
  rule,
  secret,
  service,
  slice,
  sliceEndpoint,
} from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

describe("a change rebuilds what read it", () => {
  test("an endpoint that comes or goes publishes its endpoint set and nothing else", () => {
    const { snapshot, translator } = start([web("a/web"), service("a/web"), slice("a/web-1", "web")]);
    const change = snapshot.put(slice("a/web-1", "web", { endpoints: [sliceEndpoint("10.0.0.2")] }));
    const { delta, problems } = translator.update(snapshot, [change]);
    expect([...delta.endpoints]).toEqual([
      ["a-web-80", { upstream: "a-web-80", endpoints: [{ kind: "address", address: "10.0.0.2", port: 8080 }] }],
    ]);
    expect({ hosts: delta.virtualHosts.size, upstreams: delta.upstreams.size, problems: problems.size }).toEqual({
      hosts: 0,
      upstreams: 0,
      problems: 0,
    });
  });

  test("a slice that moves to another Service leaves the first one", () => {
    const both = ingress("a/web", {
      rules: [rule("shop.example.com", ["/", "Prefix", "web:80"], ["/x", "Prefix", "x:80"])],
    });
    const { snapshot, translator } = start([both, service("a/web"), service("a/x"), slice("a/s", "web")]);
    const { delta } = translator.update(snapshot, [snapshot.put(slice("a/s", "x"))]);
    expect([...delta.endpoints.values()].map((set) => [set?.upstream, set?.endpoints.length])).toEqual([
      ["a-web-80", 0],
      ["a-x-80", 1],
    ]);
  });

  test("one more Ingress on a shared Service rebuilds only its own host", () => {
    const { snapshot, translator } = start([web("a/one"), web("a/two", { host: "two.example.com" }), service("a/web")]);
    const { delta } = translator.update(snapshot, [
      snapshot.put(web("a/three", { host: "three.example.com", createdAtMs: 9 })),
    ]);
    expect([...delta.virtualHosts.keys()]).toEqual(["three.example.com"]);
    expect(delta.upstreams.size + delta.endpoints.size).toBe(0);
  });

  test("affinity that a young Ingress brings to a shared Service reaches the hosts of the others", () => {
    const { snapshot, translator } = start([web("a/one"), service("a/web")]);
    const sticky = web("a/two", { host: "two.example.com", annotations: { affinity: "cookie" }, createdAtMs: 9 });
    const { delta } = translator.update(snapshot, [snapshot.put(sticky)]);
    const action = delta.virtualHosts.get("one.example.com")?.routes[0]?.action;
    expect(action).toMatchObject({ backends: [{ affinity: { setsCookie: false } }] });
  });

  test("an object nobody refers to changes nothing", () => {
    const { snapshot, translator } = start([web("a/one"), service("a/web")]);
    const changes = [
      snapshot.put(service("b/other")),
      snapshot.put(secret("b/other", { token: "x" })),
      snapshot.put(configMap("b/other", {})),
      snapshot.put({ kind: "Namespace", meta: service("b/b").meta }),
    ];
    const translation = translator.update(snapshot, changes);
    expect(isEmptyDelta(translation.delta)).toBe(true);
    expect(translation.problems.size).toBe(0);
  });

  test("an object written again without a change publishes nothing", () => {
    const { snapshot, translator } = start([web("a/one"), service("a/web"), slice("a/s", "web")]);
    const changes = [snapshot.put(web("a/one")), snapshot.put(service("a/web")), snapshot.put(slice("a/s", "web"))];
    expect(isEmptyDelta(translator.update(snapshot, changes).delta)).toBe(true);
  });

  test("the first delta has the settings and the default server, even of an empty snapshot", () => {
    const { first } = start([]);
    expect([...first.delta.virtualHosts.keys()]).toEqual(["_"]);
    expect(onlyShard(first.delta.settings)?.dataPlane.keepAliveSeconds).toBe(75);
    expect(first.delta.defaultCertificate.size).toBe(0);
  });

  test("an Ingress that is gone takes host, upstream, endpoints and problems with it", () => {
    const { snapshot, translator } = start([web("a/one")]);
    const { delta, problems, served } = translator.update(snapshot, [snapshot.remove("Ingress", "a/one")]);
    expect([...delta.virtualHosts]).toEqual([["one.example.com", null]]);
    expect([...delta.upstreams]).toEqual([["a-web-80", null]]);
    expect([...delta.endpoints]).toEqual([["a-web-80", null]]);
    expect([...problems]).toEqual([["Ingress a/one", []]]);
    expect(served).toEqual({ added: [], removed: ["a/one"] });
  });
});

describe("what a translation says besides the model", () => {
  test("a Secret is asked for when it is referred to, and its arrival gives the host its certificate", () => {
    const tls = [{ hosts: ["one.example.com"], secretName: "shop-tls" }];
    const { snapshot, translator, first } = start([web("a/one", { tls, host: "shop.example.com" }), service("a/web")]);
    expect(first.newReferences).toEqual([{ kind: "Secret", key: "a/shop-tls" }]);
    expect(first.delta.virtualHosts.get("shop.example.com")?.certificate).toBe("default");
    const { delta } = translator.update(snapshot, [snapshot.put(secret("a/shop-tls", readCertificateFixture("shop")))]);
    expect(delta.virtualHosts.get("shop.example.com")?.certificate).toBe("a/shop-tls");
    expect(delta.certificates.get("a/shop-tls")?.names).toEqual(["shop.example.com", "www.example.com"]);
  });

  test("a certificate that is rotated replaces its own shard and no host", () => {
    const tls = [{ hosts: ["shop.example.com"], secretName: "tls" }];
    const { snapshot, translator } = start([
      web("a/one", { tls, host: "shop.example.com" }),
      service("a/web"),
      secret("a/tls", readCertificateFixture("shop")),
    ]);
    const wild = snapshot.put(secret("a/tls", readCertificateFixture("wild")));
    const { delta } = translator.update(snapshot, [wild]);
    expect([...delta.certificates.keys()]).toEqual(["a/tls"]);
    expect(delta.virtualHosts.size).toBe(0);
  });

  test("references count: a Secret is let go when the last Ingress that names it goes", () => {
    const tls = [{ hosts: [], secretName: "tls" }];
    const { snapshot, translator } = start([web("a/one", { tls }), web("a/two", { tls })]);
    translator.update(snapshot, [snapshot.remove("Ingress", "a/one")]);
    expect(translator.isReferenced("Secret", "a/tls")).toBe(true);
    translator.update(snapshot, [snapshot.remove("Ingress", "a/two")]);
    expect(translator.isReferenced("Secret", "a/tls")).toBe(false);
  });

  test("the objects that flags name are referred to from the start", () => {
    const flags = { configMap: "infra/headgate", defaultSslCertificate: "infra/tls" };
    const { translator, first } = start([], flags);
    expect(first.newReferences).toEqual([
      { kind: "ConfigMap", key: "infra/headgate" },
      { kind: "Secret", key: "infra/tls" },
    ]);
    expect(translator.isReferenced("ConfigMap", "infra/headgate")).toBe(true);
    expect(translator.isReferenced("Secret", "infra/tls")).toBe(true);
    expect(translator.isReferenced("ConfigMap", "a/other")).toBe(false);
  });

  test("an IngressClass that appears makes its Ingresses ours, and its loss the contrary", () => {
    const mine = web("a/one");
    const classed = { ...mine, spec: { ...mine.spec, ingressClassName: "nginx" } };
    const { snapshot, translator, first } = start([classed]);
    expect(first.served.added).toEqual([]);
    const created = snapshot.put({
      kind: "IngressClass",
      meta: service("nginx").meta,
      controller: "k8s.io/ingress-nginx",
    });
    expect(translator.update(snapshot, [created]).served).toEqual({ added: ["a/one"], removed: [] });
    const gone = translator.update(snapshot, [snapshot.remove("IngressClass", "nginx")]);
    expect(gone.served).toEqual({ added: [], removed: ["a/one"] });
    expect(gone.delta.virtualHosts.get("one.example.com")).toBeNull();
  });

  test("K8-08: a claim that loses becomes the winner when the older one goes, and the problem clears", () => {
    const { snapshot, translator, first } = start([
      web("a/one"),
      web("a/two", { host: "one.example.com", createdAtMs: 9 }),
    ]);
    expect(first.problems.get("Ingress a/two")?.map((problem) => problem.reason)).toContain("PathConflict");
    const { delta, problems } = translator.update(snapshot, [snapshot.remove("Ingress", "a/one")]);
    expect(delta.virtualHosts.get("one.example.com")?.routes[0]?.source?.name).toBe("two");
    expect(problems.get("Ingress a/two")?.map((problem) => problem.reason)).not.toContain("PathConflict");
  });
});

describe("cost follows change", () => {
  test("one changed Ingress among 10,000 reads a handful of objects and lists none", () => {
    const objects = Array.from({ length: 10_000 }, (_, i) =>
      web(`a/i${i}`, { host: `h${i}.example.com`, createdAtMs: i }),
    );
    const snapshot = new CountingSnapshot([...objects, service("a/web"), slice("a/web-1", "web")]);
    const translator = new Translator(DEFAULT_OPTIONS);
    translator.update(snapshot, []);
    const change = snapshot.put(
      web("a/i5000", { host: "h5000.example.com", createdAtMs: 5000, annotations: { "limit-rps": "5" } }),
    );
    snapshot.reads = 0;
    snapshot.lists = 0;
    const { delta } = translator.update(snapshot, [change]);
    expect([...delta.virtualHosts.keys()]).toEqual(["h5000.example.com"]);
    expect(snapshot.lists).toBe(0);
    expect(snapshot.reads).toBeLessThan(5);
  });

  test.each([
    ["that no route holds publishes the settings and rebuilds no route", { "hide-headers": "X-Internal" }, 1, []],
    [
      "that is the default of an annotation rebuilds the routes, and no data plane hears of it",
      { "proxy-read-timeout": "7" },
      0,
      ["i.example.com"],
    ],
  ])("a setting %s", (_, data, settings, hosts) => {
    const { snapshot, translator } = start([web("a/i"), service("a/web")], { configMap: "infra/headgate" });
    const { delta } = translator.update(snapshot, [snapshot.put(configMap("infra/headgate", data))]);
    expect(delta.settings.size).toBe(settings);
    expect([...delta.virtualHosts.keys()].toSorted()).toEqual(hosts);
  });

  test("a wildcard host that changes its paths leaves the hosts below it alone", () => {
    const below = Array.from({ length: 100 }, (_, i) => web(`a/i${i}`, { host: `h${i}.example.com` }));
    const { snapshot, translator } = start([...below, web("a/wild", { host: "*.example.com" }), service("a/web")]);
    const change = snapshot.put(web("a/wild", { host: "*.example.com", annotations: { "limit-rps": "1" } }));
    expect([...translator.update(snapshot, [change]).delta.virtualHosts.keys()]).toEqual(["*.example.com"]);
  });
});

interface WebParts extends IngressParts {
  readonly host?: string;
}

/** An Ingress whose host is its name unless given, all of it for Service `web`. */
function web(key: string, { host, ...parts }: WebParts = {}): ReturnType<typeof ingress> {
  const name = host ?? `${key.slice(key.indexOf("/") + 1)}.example.com`;
  return ingress(key, { rules: [rule(name, ["/", "Prefix", "web:80"])], ...parts });
}

function start(
  objects: readonly KubernetesObject[],
  options: Partial<TranslateOptions> = {},
): { readonly snapshot: MemorySnapshot; readonly translator: Translator; readonly first: Translation } {
  const snapshot = new MemorySnapshot(objects);
  const translator = new Translator({ ...DEFAULT_OPTIONS, ...options });
  return { snapshot, translator, first: translator.update(snapshot, []) };
}

class CountingSnapshot extends MemorySnapshot {
  reads = 0;
  lists = 0;

  override get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined {
    this.reads++;
    return super.get(kind, key);
  }

  override list<K extends Kind>(kind: K): Iterable<ObjectOf<K>> {
    this.lists++;
    return super.list(kind);
  }

  override endpointSlices(key: ObjectKey): readonly EndpointSlice[] {
    this.reads++;
    return super.endpointSlices(key);
  }
}

describe("a missing IngressClass", () => {
  const named = (key: string, ingressClassName: string | null): KubernetesObject => {
    const plain = ingress(key, { className: null });
    return { ...plain, spec: { ...plain.spec, ingressClassName } };
  };

  test("is told with the number of Ingresses that name it, until there is one or nobody names it", () => {
    const { snapshot, translator } = start([named("a/one", "inner"), named("a/two", "inner"), named("a/none", null)]);
    const told = (...changes: ReturnType<MemorySnapshot["put"]>[]): unknown =>
      translator
        .update(snapshot, changes)
        .problems.get("IngressClass inner")
        ?.map(({ value }) => value);
    expect(told(snapshot.put(named("a/three", "inner")))).toEqual(["3"]);
    expect(told(snapshot.put(named("a/none", "inner")), snapshot.put(named("a/two", "other")))).toBeUndefined();
    expect(told(snapshot.put(named("a/one", null)))).toEqual(["2"]);
    const ingressClass = { kind: "IngressClass", meta: meta("inner"), controller: "k8s.io/other" } as const;
    expect(told(snapshot.put(ingressClass))).toEqual([]);
  });
});
