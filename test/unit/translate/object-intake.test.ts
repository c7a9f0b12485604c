import { describe, expect, test } from "vitest";
import type { Ingress } from "../../../src/kubernetes/objects.ts";
import { ObjectIntake } from "../../../src/translate/object-intake.ts";
import { ingress, type IngressParts, rule } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

describe("which Ingresses are planned anew", () => {
  test("one of which nothing but the status and the version changed is not", () => {
    const after = web();
    const written = {
      ...after,
      meta: { ...after.meta, resourceVersion: "2" },
      status: [{ ip: "192.0.2.1", hostname: "" }],
    };
    expect(plannedAfter(web(), written)).toEqual([]);
  });

  test.each<readonly [what: string, after: Ingress]>([
    ["annotation", web({ annotations: { "app-root": "/b" } })],
    ["rule", web({ rules: [rule("shop.example.com", ["/", "Prefix", "other:80"])] })],
    ["age", web({ createdAtMs: 1 })],
    ["class", web({ className: "other" })],
    ["refusal", { ...web(), refused: "its rules cannot be read" }],
  ])("one with another %s is", (_what, after) => {
    expect(plannedAfter(web(), after)).toEqual(["a/web"]);
  });
});

function web(parts: IngressParts = {}): Ingress {
  const rules = [rule("shop.example.com", ["/", "Prefix", "web:80"])];
  return ingress("a/web", { annotations: { "app-root": "/a" }, rules, ...parts });
}

function plannedAfter(before: Ingress, after: Ingress): readonly string[] {
  const snapshot = new MemorySnapshot([before]);
  const intake = new ObjectIntake(DEFAULT_OPTIONS);
  intake.read(snapshot, []);
  return [...intake.read(snapshot, [snapshot.put(after)]).ingresses];
}
