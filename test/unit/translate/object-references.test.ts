import { describe, expect, test } from "vitest";
import type { Ingress } from "../../../src/kubernetes/objects.ts";
import { type Translation, Translator } from "../../../src/translate/translate.ts";
import { configMap, ingress, rule, secret, service } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

const HOST = "shop.example.com";
const OPTIONS = { ...DEFAULT_OPTIONS, configMap: "infra/headgate" };
const ALLOWED = configMap("infra/headgate", { "global-allowed-response-headers": "X-Frame-Options,x-team" });

/** An Ingress whose answers have the headers of a ConfigMap. */
function framed(key: string, host = HOST, name = "a/headers"): Ingress {
  return ingress(key, { annotations: { "custom-headers": name }, rules: [rule(host, ["/", "Prefix", "web:80"])] });
}

function start(...objects: Parameters<MemorySnapshot["put"]>[0][]) {
  const snapshot = new MemorySnapshot([ALLOWED, service("a/web"), ...objects]);
  const translator = new Translator(OPTIONS);
  return { snapshot, translator, first: translator.update(snapshot, []) };
}

function rootOf({ delta }: Translation) {
  return delta.virtualHosts.get(HOST)?.routes[0];
}

describe("an object that an annotation names", () => {
  test("is asked for as long as an Ingress refers to it, and no longer", () => {
    const { snapshot, translator, first } = start(framed("a/one"), framed("a/two", "two.example.com"));
    expect(first.newReferences).toEqual([
      { kind: "ConfigMap", key: "a/headers" },
      { kind: "ConfigMap", key: "infra/headgate" },
    ]);
    translator.update(snapshot, [snapshot.remove("Ingress", "a/one")]);
    expect(translator.isReferenced("ConfigMap", "a/headers")).toBe(true);
    translator.update(snapshot, [snapshot.remove("Ingress", "a/two")]);
    expect(translator.isReferenced("ConfigMap", "a/headers")).toBe(false);
  });

  test("is the only one that is read for it", () => {
    const { translator } = start(framed("a/one"), framed("b/one", "b.example.com"), secret("a/headers", {}));
    expect(translator.isReferenced("ConfigMap", "a/other")).toBe(false);
    expect(translator.isReferenced("ConfigMap", "b/headers")).toBe(false);
    expect(translator.isReferenced("Secret", "a/headers")).toBe(false);
  });

  test("is not read for an Ingress of another namespace, which is closed", () => {
    const { translator, first } = start(framed("b/one"));
    expect(translator.isReferenced("ConfigMap", "a/headers")).toBe(false);
    expect(rootOf(first)?.action).toMatchObject({ kind: "closed", reason: expect.stringContaining("namespace b") });
  });

  test("closes the routes while it is missing, and opens them when it comes", () => {
    const { snapshot, translator, first } = start(framed("a/one"));
    const key = "nginx.ingress.kubernetes.io/custom-headers";
    const reason = `${key}: ConfigMap a/headers does not exist; the routes answer 503 until that is put right`;
    expect(rootOf(first)?.action).toEqual({ kind: "closed", reason });
    expect(first.problems.get("Ingress a/one")).toMatchObject([
      {
        severity: "error",
        reason: "AnnotationUnresolved",
        field: `metadata.annotations[${key}]`,
        value: "a/headers",
        message: reason,
        effect: "closed",
      },
    ]);
    const change = snapshot.put(configMap("a/headers", { "X-Frame-Options": "DENY", "X-Team": "shop" }));
    const second = translator.update(snapshot, [change]);
    const set = [
      ["X-Frame-Options", "DENY"],
      ["X-Team", "shop"],
    ];
    expect(rootOf(second)?.action.kind).toBe("forward");
    expect(rootOf(second)?.filters.responseHeaders).toEqual({ set, add: [], remove: [] });
    expect(second.problems.get("Ingress a/one")).toEqual([]);
  });

  test("rebuilds the hosts that read it when it changes, and closes them when it goes", () => {
    const { snapshot, translator } = start(framed("a/one"), configMap("a/headers", { "X-Team": "shop" }));
    const changed = translator.update(snapshot, [snapshot.put(configMap("a/headers", { "X-Team": "web" }))]);
    expect(rootOf(changed)?.filters.responseHeaders?.set).toEqual([["X-Team", "web"]]);
    expect(changed.delta.virtualHosts.size).toBe(1);
    const gone = translator.update(snapshot, [snapshot.remove("ConfigMap", "a/headers")]);
    expect(rootOf(gone)?.action.kind).toBe("closed");
  });
});

describe("a header that may not be sent closes the routes", () => {
  test.each([
    ["one that the controller does not allow", { "X-Other": "1" }, "X-Other is not among the headers"],
    ["one whose name is none", { "X.Frame": "1" }, `"X.Frame" is not a header name`],
    ["one whose value ends the line", { "X-Team": "a\r\nSet-Cookie: b=c" }, "the value of X-Team cannot be sent"],
    ["one whose value is empty", { "X-Team": "" }, "the value of X-Team cannot be sent"],
    ["one whose value is too long", { "X-Team": "x".repeat(10_000) }, "the value of X-Team cannot be sent"],
  ])("%s", (_name, data, why) => {
    const { first } = start(framed("a/one"), configMap("a/headers", data));
    expect(rootOf(first)?.action).toMatchObject({ kind: "closed", reason: expect.stringContaining(why) });
  });

  test("and opens them when the controller allows it", () => {
    const { snapshot, translator } = start(framed("a/one"), configMap("a/headers", { "X-Other": "1" }));
    const change = snapshot.put(configMap("infra/headgate", { "global-allowed-response-headers": "X-Other" }));
    expect(rootOf(translator.update(snapshot, [change]))?.action.kind).toBe("forward");
  });

  test("but none at all is as good as no annotation", () => {
    const { first } = start(framed("a/one"), configMap("a/headers", {}));
    expect(rootOf(first)?.action.kind).toBe("forward");
    expect(rootOf(first)?.filters.responseHeaders).toBeUndefined();
  });

  test.each(["headers", "a/", "a/b/c", "A/headers", "a/head ers"])("so does a name that names nothing: %s", (name) => {
    const { first } = start(framed("a/one", HOST, name));
    expect(rootOf(first)?.action.kind).toBe("closed");
  });
});
