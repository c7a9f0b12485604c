import fc from "fast-check";
import { expect, test } from "vitest";
import { keepEqualParts } from "../../../src/controller/keep-equal-parts.ts";
import type { KubernetesObject } from "../../../src/kubernetes/objects.ts";
import { revealSecret } from "../../../src/lib/secret.ts";
import { arbitraryObject } from "../../support/builders/arbitrary-objects.ts";
import { ingress, rule, secret } from "../../support/builders/kubernetes-objects.ts";

test("the newer version says the same whatever was there before", () => {
  fc.assert(
    fc.property(arbitraryObject, arbitraryObject, (before, after) => {
      const kept = keepEqualParts<KubernetesObject>({ ...before, kind: after.kind } as KubernetesObject, after);
      expect(kept).toEqual(after);
    }),
  );
});

test("what did not change is the same object as before", () => {
  const [before, after] = [shop(), { ...shop(), status: [{ ip: "192.0.2.1", hostname: "" }] }];
  const kept = keepEqualParts(before, after);
  expect(kept.spec).toBe(before.spec);
  expect(kept.meta.annotations).toBe(before.meta.annotations);
  expect(kept.status).toBe(after.status);
});

test("what changed is that of the newer version", () => {
  const [before, after] = [shop("web:80"), shop("web:81")];
  expect(keepEqualParts(before, after).spec).toBe(after.spec);
});

test("the content of a Secret is always that of the newer version, since sealed texts cannot be compared", () => {
  const kept = keepEqualParts(secret("a/tls", { key: "old" }), secret("a/tls", { key: "new" }));
  expect([...kept.data].map(([name, sealed]) => [name, revealSecret(sealed)])).toEqual([["key", "new"]]);
});

function shop(backend = "web:80"): ReturnType<typeof ingress> {
  return ingress("a/web", {
    annotations: { "use-regex": "true" },
    rules: [rule("shop.example.com", ["/", "Prefix", backend])],
  });
}
