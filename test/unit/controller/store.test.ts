import { describe, expect, test } from "vitest";
import { Store } from "../../../src/controller/store.ts";
import type { KubernetesObject } from "../../../src/kubernetes/objects.ts";
import { configMap, ingress, secret, service, slice } from "../../support/builders/kubernetes-objects.ts";

const everything = (): boolean => true;

function at<O extends KubernetesObject>(object: O, resourceVersion: string): O {
  return { ...object, meta: { ...object.meta, resourceVersion } };
}

function openStore(referenced: readonly string[] = []): Store {
  return new Store((kind, key) => referenced.includes(`${kind} ${key}`));
}

function summary(store: Store): readonly string[] {
  return store.takeChanges().map(({ kind, key, before, after }) => {
    return `${kind} ${key}: ${before?.meta.resourceVersion ?? "-"} → ${after?.meta.resourceVersion ?? "-"}`;
  });
}

describe("changes", () => {
  test("many changes of one object become one, from the first state to the last", () => {
    const store = openStore();
    store.upsert(at(service("shop/web"), "1"));
    store.takeChanges();
    store.upsert(at(service("shop/web"), "2"));
    store.upsert(at(service("shop/web"), "3"));
    expect(summary(store)).toEqual(["Service shop/web: 1 → 3"]);
  });

  test("an object that comes and goes between two looks is no change", () => {
    const store = openStore();
    store.upsert(service("shop/web"));
    store.remove("Service", "shop/web");
    expect(summary(store)).toEqual([]);
  });

  test("an object that goes and comes back is one change", () => {
    const store = openStore();
    store.upsert(at(service("shop/web"), "1"));
    store.takeChanges();
    store.remove("Service", "shop/web");
    store.upsert(at(service("shop/web"), "5"));
    expect(summary(store)).toEqual(["Service shop/web: 1 → 5"]);
  });

  test("the same version again is no change", () => {
    const store = openStore();
    store.upsert(at(service("shop/web"), "7"));
    store.takeChanges();
    store.upsert(at(service("shop/web"), "7"));
    expect(store.hasChanges).toBe(false);
  });
});

describe("versions", () => {
  test.each([
    ["9", "10", "10"],
    ["10", "9", "10"],
    ["99999999999999999999", "100000000000000000000", "100000000000000000000"],
    ["file-b", "file-a", "file-a"],
  ])("after %s, an event with %s leaves %s", (first, second, expected) => {
    const store = openStore();
    store.upsert(at(service("shop/web"), first));
    store.upsert(at(service("shop/web"), second));
    expect(store.get("Service", "shop/web")?.meta.resourceVersion).toBe(expected);
  });

  test("a complete list is believed even where its versions are older", () => {
    const store = openStore();
    store.upsert(at(service("shop/web"), "90"));
    store.replace("Service", [at(service("shop/web"), "20")], everything);
    expect(store.get("Service", "shop/web")?.meta.resourceVersion).toBe("20");
  });
});

describe("replace", () => {
  test("removes what is missing and leaves what is equal untouched", () => {
    const store = openStore();
    store.replace("Service", [at(service("shop/a"), "1"), at(service("shop/b"), "1")], everything);
    const kept = store.get("Service", "shop/a");
    store.takeChanges();
    store.replace("Service", [at(service("shop/a"), "1"), at(service("shop/c"), "2")], everything);
    expect(store.get("Service", "shop/a")).toBe(kept);
    expect([...summary(store)].sort()).toEqual(["Service shop/b: 1 → -", "Service shop/c: - → 2"]);
  });

  test("leaves objects alone that it does not answer for", () => {
    const store = openStore();
    store.upsert(service("shop/web"));
    store.upsert(service("other/web"));
    store.replace("Service", [], (key) => key.startsWith("shop/"));
    expect([...store.list("Service")].map((object) => object.meta.namespace)).toEqual(["other"]);
  });

  test("one kind does not touch another", () => {
    const store = openStore();
    store.upsert(ingress("shop/web"));
    store.replace("Service", [], everything);
    expect(store.get("Ingress", "shop/web")).toBeDefined();
  });
});

describe("endpoint slices", () => {
  test("are found by their Service, in the order of their names", () => {
    const store = openStore();
    for (const name of ["web-c", "web-a", "web-b"]) store.upsert(slice(`shop/${name}`, "web"));
    store.upsert(slice("shop/other-a", "other"));
    store.upsert(slice("else/web-a", "web"));
    expect(store.endpointSlices("shop/web").map((found) => found.meta.name)).toEqual(["web-a", "web-b", "web-c"]);
  });

  test("follow when the slice moves to another Service or goes", () => {
    const store = openStore();
    store.upsert(at(slice("shop/x", "web"), "1"));
    store.upsert(at(slice("shop/y", "web"), "2"));
    expect(store.endpointSlices("shop/web")).toHaveLength(2);
    store.upsert(at(slice("shop/x", "api"), "3"));
    store.remove("EndpointSlice", "shop/y");
    expect(store.endpointSlices("shop/web")).toEqual([]);
    expect(store.endpointSlices("shop/api").map((found) => found.meta.name)).toEqual(["x"]);
  });
});

describe("Secrets and ConfigMaps", () => {
  test("are all held until it is known what is referred to", () => {
    const store = openStore(["Secret shop/tls"]);
    store.upsert(secret("shop/tls", {}));
    store.upsert(secret("shop/other", {}));
    expect(store.count("Secret")).toBe(2);
    store.releaseUnreferenced();
    expect([...store.list("Secret")].map((object) => object.meta.name)).toEqual(["tls"]);
    expect(store.isUnheld("Secret", "shop/other")).toBe(true);
  });

  test("that nothing refers to are not held and are no change", () => {
    const store = openStore();
    store.releaseUnreferenced();
    store.upsert(secret("shop/tls", { "tls.key": "private" }));
    store.replace("ConfigMap", [configMap("shop/settings", {})], everything);
    expect([store.count("Secret"), store.count("ConfigMap"), store.hasChanges]).toEqual([0, 0, false]);
    expect(store.isUnheld("ConfigMap", "shop/settings")).toBe(true);
  });

  test("are held once they are referred to and brought again", () => {
    const referenced = new Set<string>();
    const store = new Store((kind, key) => referenced.has(`${kind} ${key}`));
    store.releaseUnreferenced();
    store.upsert(at(secret("shop/tls", {}), "5"));
    referenced.add("Secret shop/tls");
    store.upsert(at(secret("shop/tls", {}), "4"));
    expect(store.count("Secret")).toBe(0);
    store.upsert(at(secret("shop/tls", {}), "5"));
    expect(summary(store)).toEqual(["Secret shop/tls: - → 5"]);
  });

  test("that are gone are not remembered", () => {
    const store = openStore();
    store.releaseUnreferenced();
    store.upsert(secret("shop/tls", {}));
    store.remove("Secret", "shop/tls");
    expect(store.isUnheld("Secret", "shop/tls")).toBe(false);
  });

  test("have to be fetched when they come after what refers to them", () => {
    const store = openStore(["Secret shop/tls"]);
    store.releaseUnreferenced();
    store.noteVersion("Secret", "shop/tls", "5");
    store.noteVersion("Secret", "shop/other", "6");
    expect(store.takeOutdated()).toEqual([{ kind: "Secret", key: "shop/tls" }]);
    store.upsert(at(secret("shop/tls", {}), "5"));
    store.remove("Secret", "shop/tls");
    store.noteVersions("Secret", new Map([["shop/tls", "9"]]), everything);
    expect(store.takeOutdated()).toEqual([{ kind: "Secret", key: "shop/tls" }]);
  });

  test("are believed in an older version once a complete list told it", () => {
    const store = openStore(["Secret shop/tls"]);
    store.releaseUnreferenced();
    store.upsert(at(secret("shop/tls", {}), "90"));
    store.noteVersion("Secret", "shop/tls", "20");
    store.upsert(at(secret("shop/tls", {}), "20"));
    expect(store.get("Secret", "shop/tls")?.meta.resourceVersion).toBe("90");
    store.noteVersions("Secret", new Map([["shop/tls", "20"]]), everything);
    expect(store.takeOutdated()).toHaveLength(1);
    store.upsert(at(secret("shop/tls", {}), "20"));
    expect(store.get("Secret", "shop/tls")?.meta.resourceVersion).toBe("20");
  });
});
