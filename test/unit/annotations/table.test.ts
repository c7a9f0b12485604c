import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { referencePages } from "../../../docs/generate.ts";
import { ANNOTATIONS, CONFIG_KEYS } from "../../../src/annotations/annotations.ts";
import { FLAGS } from "../../../src/config/config.ts";

describe("the annotation table", () => {
  it("holds the 136 annotations of ingress-nginx, each once", () => {
    expect(new Set(ANNOTATIONS.map(({ name }) => name)).size).toBe(136);
    expect(ANNOTATIONS).toHaveLength(136);
  });

  it("holds its two aliases", () => {
    expect(ANNOTATIONS.flatMap(({ name, aliases }) => aliases.map((alias) => [alias, name]))).toEqual([
      ["limit-whitelist", "limit-allowlist"],
      ["whitelist-source-range", "allowlist-source-range"],
    ]);
  });

  it("gives every annotation the risk that ingress-nginx gives it", () => {
    const counts = Object.fromEntries(
      [...Map.groupBy(ANNOTATIONS, ({ risk }) => risk)].map(([risk, entries]) => [risk, entries.length]),
    );
    expect(counts).toEqual({ low: 76, medium: 45, high: 10, critical: 5 });
  });

  it("closes the routes for each annotation of critical risk", () => {
    for (const entry of ANNOTATIONS.filter(({ risk }) => risk === "critical")) {
      expect(entry, entry.name).toMatchObject({ protects: "access", status: { kind: "refused" } });
    }
  });

  it.each(ANNOTATIONS)("documents $name and reads it exactly when it claims to work", (entry) => {
    expect(entry.doc).toMatch(/^\S.*\.$/);
    expect(entry.value).not.toBe("");
    expect(entry.fallback).not.toBe("");
    expect(entry.reader !== null).toBe(["works", "differs"].includes(entry.status.kind));
  });
});

describe("the table of ConfigMap keys", () => {
  it("holds the 204 keys of ingress-nginx, each once", () => {
    expect(CONFIG_KEYS).toHaveLength(204);
    expect(new Set(CONFIG_KEYS.map(({ name }) => name)).size).toBe(204);
  });

  it.each(CONFIG_KEYS)("documents $name and applies it exactly when it claims to work", (key) => {
    expect(key.doc).toMatch(/^\S.*\.$/);
    expect(key.apply !== null).toBe(["works", "differs"].includes(key.status.kind));
  });
});

describe("the table of flags", () => {
  it("documents every flag, each once", () => {
    expect(new Set(FLAGS.map(({ name }) => name)).size).toBe(FLAGS.length);
    for (const flag of FLAGS) expect(flag.doc, flag.name).toMatch(/^\S.*\.$/);
  });

  it("holds the 73 flags of ingress-nginx besides klog's and its own", () => {
    const named =
      "bind-address worker-processes map demo help validating-webhook-client-ca kube-api-qps kube-api-burst";
    const own = new Set(named.split(" "));
    expect(FLAGS.filter(({ name, silent }) => !silent && !own.has(name))).toHaveLength(73);
  });
});

describe("the reference pages", () => {
  it.each([...referencePages()])("docs/%s is what `node docs/generate.ts` writes from the tables", (name, text) => {
    expect(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8")).toBe(text);
  });
});
