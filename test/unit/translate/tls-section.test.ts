import { expect, test } from "vitest";
import type { ObjectKey } from "../../../src/kubernetes/object-key.ts";
import type { Kind, ObjectOf } from "../../../src/kubernetes/objects.ts";
import { takeAll } from "../../../src/lib/take-all.ts";
import { translateAll, Translator } from "../../../src/translate/translate.ts";
import { ingress, rule } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

/** An Ingress of `count` hosts that are all in its TLS section, and how often somebody asked for the hosts of that. */
function manyHosts(count: number) {
  const names = Array.from({ length: count }, (_, i) => `h${i}.test`);
  const asked = { times: 0 };
  const entry = {
    secretName: "s",
    get hosts() {
      asked.times++;
      return names;
    },
  };
  return { asked, object: ingress("shop/many", { rules: names.map((name) => rule(name)), tls: [entry] }) };
}

test("the TLS hosts of an Ingress are read once, and not by each of its hosts", () => {
  const { asked, object } = manyHosts(100);
  const { model } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot([object]));
  expect(model.virtualHosts.get("h99.test")?.certificate).toBe("default");
  expect(asked.times).toBeLessThan(5);
});

test("nor in a review", () => {
  const { asked, object } = manyHosts(100);
  const snapshot = new MemorySnapshot([]);
  const translator = new Translator(DEFAULT_OPTIONS);
  translator.update(snapshot, []);
  takeAll(translator.review(object, snapshot));
  expect(asked.times).toBeLessThan(5);
});

/** Counts how often a Secret is looked up. */
class CountingSnapshot extends MemorySnapshot {
  lookups = 0;

  override get<K extends Kind>(kind: K, key: ObjectKey): ObjectOf<K> | undefined {
    if (kind === "Secret") this.lookups++;
    return super.get(kind, key);
  }
}

test("a host that no entry lists is looked for in the certificates of 64 entries at most", () => {
  const names = Array.from({ length: 3 }, (_, i) => rule(`h${i}.test`));
  const tls = Array.from({ length: 1000 }, (_, i) => ({ secretName: `s${i}`, hosts: [] }));
  const snapshot = new CountingSnapshot([ingress("shop/many", { rules: names, tls })]);
  snapshot.lookups = 0;
  translateAll(DEFAULT_OPTIONS, snapshot);
  expect(snapshot.lookups).toBe(3 * 64);
});
