import { describe, expect, test, vi } from "vitest";
import type * as RealFeatures from "../../../src/annotations/features/features.ts";
import { Fields } from "../../../src/annotations/entries/feature.ts";
import { objectKey } from "../../../src/kubernetes/object-key.ts";
import { err, ok } from "../../../src/lib/result.ts";
import type { Ingress } from "../../../src/kubernetes/objects.ts";
import { Translator } from "../../../src/translate/translate.ts";
import { type FilterSource, unresolved } from "../../../src/translate/filters/filter-source.ts";
import { configMap, ingress, rule, secret, service } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

/** A feature of the test: `users` names a Secret of the Ingress's namespace, without which nobody may be let in. */
const users = vi.hoisted(() => ({ slice: "users", annotation: "users-secret" }));

vi.mock("../../../src/annotations/features/features.ts", async (importOriginal) => {
  const real = await importOriginal<typeof RealFeatures>();
  const fields = new Fields<{ secret: string | null }>({ group: "Test", protects: "access" }, () => ({ secret: null }));
  const feature = fields.feature({
    entries: [
      fields.field("secret", ok, {
        name: users.annotation,
        risk: "low",
        value: "name",
        fallback: "none",
        doc: "Secret with the users.",
      }),
    ],
    policy: ({ secret: name }) => name,
    references: (name, namespace) => (name === null ? [] : [{ kind: "Secret", key: objectKey(namespace, name) }]),
  });
  const byName = new Map([...real.ANNOTATION_BY_NAME, ...feature.entries.map((entry) => [entry.name, entry] as const)]);
  return { ...real, FEATURES: { ...real.FEATURES, [users.slice]: feature }, ANNOTATION_BY_NAME: byName };
});

vi.mock("../../../src/translate/filters/limits.ts", () => {
  const limits: FilterSource<"limits"> = (policy, place) => {
    const name: unknown = Reflect.get(policy, users.slice);
    if (typeof name !== "string") return ok(null);
    const key = objectKey(place.source.namespace, name);
    const found = place.reader.get("Secret", key);
    if (found !== undefined) return ok({ ...NO_LIMITS, zone: [...found.data.keys()].join(" ") });
    return err(unresolved(place, { name: users.annotation, value: name }, `Secret ${key} does not exist`));
  };
  return { limits };
});

const NO_LIMITS = { requestsPerSecond: null, requestsPerMinute: null, connections: 1, allowlist: [] };

const HOST = "shop.example.com";

function guarded(key: string, host = HOST): Ingress {
  return ingress(key, { annotations: { [users.annotation]: "users" }, rules: [rule(host, ["/", "Prefix", "web:80"])] });
}

describe("an object that a feature names", () => {
  test("is asked for as long as an Ingress refers to it, and no longer", () => {
    const snapshot = new MemorySnapshot([guarded("a/one"), guarded("a/two", "two.example.com"), service("a/web")]);
    const translator = new Translator(DEFAULT_OPTIONS);
    expect(translator.update(snapshot, []).newReferences).toEqual([{ kind: "Secret", key: "a/users" }]);
    translator.update(snapshot, [snapshot.remove("Ingress", "a/one")]);
    expect(translator.isReferenced("Secret", "a/users")).toBe(true);
    translator.update(snapshot, [snapshot.remove("Ingress", "a/two")]);
    expect(translator.isReferenced("Secret", "a/users")).toBe(false);
  });

  test("is the only one of its kind that is read", () => {
    const snapshot = new MemorySnapshot([guarded("a/one"), secret("a/other", {}), configMap("a/users", {})]);
    const translator = new Translator(DEFAULT_OPTIONS);
    translator.update(snapshot, []);
    expect(translator.isReferenced("Secret", "a/other")).toBe(false);
    expect(translator.isReferenced("Secret", "b/users")).toBe(false);
    expect(translator.isReferenced("ConfigMap", "a/users")).toBe(false);
  });

  test("closes the routes while it is missing, and opens them when it comes", () => {
    const snapshot = new MemorySnapshot([guarded("a/one"), service("a/web")]);
    const translator = new Translator(DEFAULT_OPTIONS);
    const first = translator.update(snapshot, []);
    const why = `nginx.ingress.kubernetes.io/users-secret: Secret a/users does not exist; the routes answer 503 until it is there`;
    expect(first.delta.virtualHosts.get(HOST)?.routes[0]?.action).toEqual({ kind: "closed", reason: why });
    expect(first.problems.get("Ingress a/one")).toMatchObject([
      {
        severity: "error",
        reason: "AccessControlUnresolved",
        field: "metadata.annotations[nginx.ingress.kubernetes.io/users-secret]",
        value: "users",
        effect: "closed",
      },
    ]);
    const second = translator.update(snapshot, [snapshot.put(secret("a/users", { ann: "x" }))]);
    const route = second.delta.virtualHosts.get(HOST)?.routes[0];
    expect([route?.action.kind, route?.filters.limits?.zone]).toEqual(["forward", "ann"]);
    expect(second.problems.get("Ingress a/one")).toEqual([]);
  });

  test("rebuilds the hosts that read it when it changes, and closes them when it goes", () => {
    const snapshot = new MemorySnapshot([guarded("a/one"), service("a/web"), secret("a/users", { ann: "x" })]);
    const translator = new Translator(DEFAULT_OPTIONS);
    translator.update(snapshot, []);
    const changed = translator.update(snapshot, [snapshot.put(secret("a/users", { bob: "x" }))]);
    expect(changed.delta.virtualHosts.get(HOST)?.routes[0]?.filters.limits?.zone).toBe("bob");
    const gone = translator.update(snapshot, [snapshot.remove("Secret", "a/users")]);
    expect(gone.delta.virtualHosts.get(HOST)?.routes[0]?.action.kind).toBe("closed");
  });
});
