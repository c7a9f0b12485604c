import { describe, expect, test } from "vitest";
import { ObjectFeed } from "../../../src/controller/api-source/object-feed.ts";
import { FileSet } from "../../../src/controller/file-source/file-set.ts";
import { parseObject } from "../../../src/kubernetes/parse-object.ts";
import { translateAll } from "../../../src/translate/translate.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { RecordingListener } from "../../support/servers/recording-listener.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

const PATHS = [
  { path: "/admin", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } },
  { path: 5, pathType: "Prefix", backend: {} },
];
const GOOD = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "guard", namespace: "t", resourceVersion: "1" },
  spec: { rules: [{ host: "shop.test", http: { paths: PATHS.slice(0, 1) } }] },
};
const UNQUOTED = { "nginx.ingress.kubernetes.io/limit-rps": 5, "nginx.ingress.kubernetes.io/use-regex": "true" };

describe("an Ingress that cannot be used", () => {
  test.each<[string, unknown]>([
    ["an annotation without quotes", { ...GOOD, metadata: { ...GOOD.metadata, annotations: UNQUOTED } }],
    ["an unreadable TLS section", { ...GOOD, spec: { ...GOOD.spec, tls: "x" } }],
    ["an unreadable class", { ...GOOD, spec: { ...GOOD.spec, ingressClassName: 7 } }],
    ["an old API version", { ...GOOD, apiVersion: "extensions/v1beta1" }],
  ])("because of %s closes the paths that are known of it", (_, json) => {
    const { object, closed } = parseObject(json);
    expect(object).toBeNull();
    const { model } = translateAll({ ...DEFAULT_OPTIONS, anyClass: true }, new MemorySnapshot(closed ? [closed] : []));
    const host = model.virtualHosts.get("shop.test");
    expect(host?.routes.map(({ path, action }) => [path, action.kind])).toEqual([
      ["/admin", "closed"],
      ["/", "closed"],
    ]);
    // It must not make regexes of the paths of others.
    expect(host?.regexMode).toBe(false);
  });

  test("with a path that nobody can read closes its whole host, and without a name nothing", () => {
    const spec = { rules: [{ host: "shop.test", http: { paths: PATHS } }], tls: "x" };
    expect(parseObject({ ...GOOD, spec }).closed?.spec.rules[0]?.paths?.[1]).toMatchObject({ unreadable: "path" });
    expect(parseObject({ ...GOOD, metadata: {}, spec }).closed).toBeNull();
  });

  test("does not become a catch-all because none of its rules can be read", () => {
    const spec = { rules: ["x"], defaultBackend: { service: { name: "web", port: { number: 80 } } } };
    expect(parseObject({ ...GOOD, spec }).closed?.spec).toMatchObject({ rules: [], defaultBackend: null });
  });
});

describe("from a file", () => {
  const text = (annotation: string): string =>
    JSON.stringify({
      ...GOOD,
      metadata: { ...GOOD.metadata, annotations: { "a/b": JSON.parse(annotation) as unknown } },
    });
  const refusedIn = (files: FileSet): boolean[] =>
    files.summarise(["a.yaml"]).objects.map((object) => object.kind === "Ingress" && object.refused !== undefined);

  test("it is closed while no good version is known, and the last good one stays after that", () => {
    const files = new FileSet();
    const put = (annotation: string): void => files.put("a.yaml", files.read("a.yaml", text(annotation)).content);
    put("5");
    expect(refusedIn(files)).toEqual([true]);
    put('"5"');
    expect(refusedIn(files)).toEqual([false]);
    put("5");
    expect(refusedIn(files)).toEqual([false]);
  });

  test("a path without type, which the API server refuses, is closed too", () => {
    const files = new FileSet();
    const rules = [{ host: "shop.test", http: { paths: [{ path: "/admin", backend: PATHS[0]?.backend }] } }];
    files.put("a.yaml", files.read("a.yaml", JSON.stringify({ ...GOOD, spec: { rules } })).content);
    expect(refusedIn(files)).toEqual([true]);
  });
});

test("from the API server it is closed while no good version was heard, and never replaces one", () => {
  const listener = new RecordingListener();
  const target = { kind: "Ingress" as const, path: "", query: {}, within: () => true };
  const feed = new ObjectFeed({
    target: target as unknown as ConstructorParameters<typeof ObjectFeed>[0]["target"],
    listener,
    accepts: () => true,
    acceptsKey: () => true,
  });
  const version = (resourceVersion: string, annotations: unknown): unknown => ({
    ...GOOD,
    metadata: { ...GOOD.metadata, resourceVersion, annotations },
  });
  const refused = (): unknown => listener.objects.get("Ingress t/guard");
  feed.replace([feed.read(version("1", UNQUOTED))], "1");
  expect(refused()).toMatchObject({ refused: "the object cannot be read" });
  feed.change(feed.read(version("2", {})));
  expect(refused()).not.toHaveProperty("refused");
  feed.change(feed.read(version("3", UNQUOTED)));
  expect(refused()).not.toHaveProperty("refused");
});
