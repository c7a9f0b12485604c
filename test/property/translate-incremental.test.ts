import fc from "fast-check";
import { expect, test } from "vitest";
import { keyOf } from "../../src/kubernetes/object-key.ts";
import type { Kind, KubernetesObject } from "../../src/kubernetes/objects.ts";
import type { Change } from "../../src/kubernetes/snapshot.ts";
import { translateAll, Translator } from "../../src/translate/translate.ts";
import { Accumulation } from "../support/builders/accumulated-model.ts";
import { arbitraryObject } from "../support/builders/arbitrary-objects.ts";
import { MemorySnapshot } from "../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../support/builders/translate-options.ts";

const OPTIONS = {
  ...DEFAULT_OPTIONS,
  configMap: "infra/headgate",
  defaultBackendService: "a/web",
  defaultSslCertificate: "a/shop-tls",
};

type Step =
  | { readonly kind: "put"; readonly object: KubernetesObject }
  | { readonly kind: "remove"; readonly pick: number };

const put = arbitraryObject.map((object): Step => ({ kind: "put", object }));
const remove = fc.nat(1000).map((pick): Step => ({ kind: "remove", pick }));
const step = fc.oneof({ weight: 2, arbitrary: put }, { weight: 1, arbitrary: remove });
const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 });

test("any sequence of changes ends in what translating the last snapshot at once gives", () => {
  fc.assert(
    fc.property(fc.array(arbitraryObject, { minLength: 5, maxLength: 30 }), batches, (initial, steps) => {
      const snapshot = new MemorySnapshot(initial);
      const translator = new Translator(OPTIONS);
      const sum = new Accumulation();
      sum.add(translator.update(snapshot, []));
      for (const batch of steps) {
        sum.add(
          translator.update(
            snapshot,
            batch.flatMap((each) => apply(snapshot, each)),
          ),
        );
        expect(sum.state).toEqual({ ...translateAll(OPTIONS, snapshot), served: sum.served });
      }
      const fresh = new Translator(OPTIONS).update(snapshot, []);
      expect([...sum.served].sort()).toEqual(fresh.served.added);
      for (const { kind, key } of fresh.newReferences) expect(translator.isReferenced(kind, key)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test("the order of the objects does not matter", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(arbitraryObject, { maxLength: 20, selector: (object) => `${object.kind} ${keyOf(object)}` }),
      (objects) => {
        const forwards = translateAll(OPTIONS, new MemorySnapshot(objects));
        const backwards = translateAll(OPTIONS, new MemorySnapshot([...objects].reverse()));
        expect(forwards).toEqual(backwards);
      },
    ),
    { numRuns: 200 },
  );
});

test("a virtual host always ends with a route for Prefix / and names only upstreams and certificates of the model", () => {
  fc.assert(
    fc.property(fc.array(arbitraryObject, { maxLength: 20 }), (objects) => {
      const { model } = translateAll(OPTIONS, new MemorySnapshot(objects));
      expect(model.virtualHosts.has("_")).toBe(true);
      expect([...model.endpoints.keys()].sort()).toEqual([...model.upstreams.keys()].sort());
      for (const host of model.virtualHosts.values()) {
        expect(host.routes.at(-1)).toMatchObject({ pathType: "prefix", path: "/" });
        expect(new Set(host.routes.map((route) => route.id)).size).toBe(host.routes.length);
        if (host.certificate !== null && host.certificate !== "default") {
          expect(model.certificates.has(host.certificate)).toBe(true);
        }
        for (const { action } of host.routes) {
          if (action.kind !== "forward") continue;
          expect(action.backends[0]?.rule).toBeNull();
          for (const { upstream } of action.backends) expect(model.upstreams.has(upstream ?? "")).toBe(true);
        }
      }
    }),
    { numRuns: 200 },
  );
});

function apply(snapshot: MemorySnapshot, step: Step): readonly Change[] {
  if (step.kind === "put") return [snapshot.put(step.object)];
  const objects = KINDS.flatMap((kind) => [...snapshot.list(kind)]);
  const victim = objects[step.pick % Math.max(1, objects.length)];
  return victim === undefined ? [] : [snapshot.remove(victim.kind, keyOf(victim))];
}

const KINDS: readonly Kind[] = ["Ingress", "IngressClass", "Service", "EndpointSlice", "Secret", "ConfigMap"];
