import fc from "fast-check";
import { expect, test } from "vitest";
import type { IngressPath, KubernetesObject } from "../../src/kubernetes/objects.ts";
import { canonicalPath, readRulePath } from "../../src/translate/ingress/path.ts";
import { translateAll } from "../../src/translate/translate.ts";
import { backend, ingress, secret, service, slice, sliceEndpoint } from "../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../support/builders/translate-options.ts";

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "a\r\nX: y",
    "\u0000",
    "/../..",
    "$1$&",
    "*",
    "_",
    "default",
    "a".repeat(300),
  ),
);
const pathType = fc.constantFrom<IngressPath["pathType"]>("Prefix", "Exact", "ImplementationSpecific", null);
const path = fc.oneof(
  nasty,
  nasty.map((text) => `/${text}`),
);

const hostileIngress = fc
  .record({
    name: nasty,
    annotations: fc.dictionary(
      fc.constantFrom(
        "rewrite-target",
        "use-regex",
        "affinity",
        "canary",
        "canary-weight",
        "app-root",
        "limit-rps",
        "auth-url",
      ),
      fc.oneof(nasty, fc.constant("true")),
      { noNullPrototype: true },
    ),
    rules: fc.array(fc.record({ host: nasty, paths: fc.array(fc.tuple(path, pathType, nasty), { maxLength: 4 }) }), {
      maxLength: 4,
    }),
    tls: fc.array(fc.record({ hosts: fc.array(nasty, { maxLength: 2 }), secretName: nasty }), { maxLength: 2 }),
  })
  .map(({ name, annotations, rules, tls }): KubernetesObject =>
    ingress(`a/${name}`, {
      annotations,
      tls,
      rules: rules.map(({ host, paths }) => ({
        host,
        paths: paths.map(([text, type, target]) => ({ path: text, pathType: type, backend: backend(target) })),
      })),
    }),
  );
const hostileOthers = fc.oneof(
  fc
    .tuple(nasty, nasty)
    .map(([name, externalName]): KubernetesObject => service(`a/${name}`, { type: "ExternalName", externalName })),
  fc
    .tuple(nasty, nasty)
    .map(([name, address]): KubernetesObject => slice(`a/${name}`, name, { endpoints: [sliceEndpoint(address)] })),
  fc
    .tuple(nasty, nasty)
    .map(([name, text]): KubernetesObject => secret(`a/${name}`, { "tls.crt": text, "tls.key": text })),
);
const healthy = ingress("z/healthy", {
  rules: [{ host: "healthy.example.com", paths: [{ path: "/", pathType: "Prefix", backend: backend("web:80") }] }],
});

test("no object, however hostile, makes translation throw or touches another host", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(hostileIngress, hostileOthers), { maxLength: 8 }), (objects) => {
      const world = [...objects, healthy, service("z/web"), slice("z/web-1", "web")];
      const { model } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot(world));
      const alone = translateAll(DEFAULT_OPTIONS, new MemorySnapshot(world.slice(objects.length)));
      const host = "healthy.example.com";
      expect(model.virtualHosts.get(host)).toEqual(alone.model.virtualHosts.get(host));
      expect(model.endpoints.get("z-web-80")).toEqual(alone.model.endpoints.get("z-web-80"));
    }),
    { numRuns: 300 },
  );
});

test("what a problem quotes is short and free of control characters", () => {
  fc.assert(
    fc.property(fc.array(hostileIngress, { maxLength: 4 }), (objects) => {
      const { problems } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot(objects));
      for (const problem of [...problems.values()].flat()) {
        expect(problem.value).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(problem.value.length).toBeLessThan(1000);
      }
    }),
    { numRuns: 200 },
  );
});

test("no host name of the model and no path of it holds control characters", () => {
  fc.assert(
    fc.property(fc.array(hostileIngress, { maxLength: 4 }), (objects) => {
      const { model } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot(objects));
      for (const host of model.virtualHosts.values()) {
        expect(host.id).toMatch(/^(?:_|(?:\*\.)?(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\]))$/);
        for (const route of host.routes) expect(route.path).toMatch(/^\/[^\u0000-\u001f\u007f]*$/);
      }
    }),
    { numRuns: 200 },
  );
});

test("a path is refused or kept as it is written, and trailing slashes are all that canonical form takes away", () => {
  fc.assert(
    fc.property(path, pathType, (text, type) => {
      const { rule, refusal } = readRulePath({ path: text, pathType: type });
      expect(rule.path.startsWith("/")).toBe(true);
      if (refusal !== null) return;
      expect(rule.path).toBe(text === "" ? "/" : text);
      const canonical = canonicalPath(rule.path, "prefix");
      expect(rule.path.slice(canonical.length)).toMatch(/^\/*$/);
      expect(canonical === "/" || !canonical.endsWith("/")).toBe(true);
    }),
  );
});
