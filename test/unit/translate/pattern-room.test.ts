import { describe, expect, test } from "vitest";
import type { Ingress } from "../../../src/kubernetes/objects.ts";
import { compileHost } from "../../../src/router/router.ts";
import { translateAll } from "../../../src/translate/translate.ts";
import { backend, ingress, service } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

const USE_REGEX = { "use-regex": "true" };
/** Some 1,850 steps. */
const big = (name: string): string => `/${name}/[a-z]{1000}${"(?:x|y)z*".repeat(140)}`;
/** A path that it matches. */
const taken = (name: string): string => `/${name}/${"a".repeat(1000)}${"x".repeat(140)}`;
const bigs = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => big(`${name}${i}`));

interface Translated {
  readonly refused: readonly string[];
  /** What becomes of a request to the host: the Ingress, `closed`, or `404`. */
  readonly answer: (host: string, path: string) => string;
}

function translated(...objects: readonly Ingress[]): Translated {
  const { model, problems } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot([service("t/web"), ...objects]));
  return {
    refused: [...problems.values()]
      .flat()
      .filter(({ reason, effect }) => reason === "InvalidPathPattern" && effect === "closed")
      .map(({ source, field, message }) => `${source.name} ${field}: ${message}`),
    answer: (host, path) => {
      const virtualHost = model.virtualHosts.get(host);
      if (virtualHost === undefined) return "none";
      const match = compileHost(virtualHost, ({ action, source }) =>
        action.kind === "forward" ? (source?.name ?? "") : action.kind,
      ).match(path);
      return match?.kind === "route" ? match.payload : "none";
    },
  };
}

function serving(name: string, createdAtMs: number, paths: Readonly<Record<string, readonly string[]>>): Ingress {
  const rules = Object.entries(paths).map(([host, texts]) => ({
    host,
    paths: texts.map((path) => ({ path, pathType: "ImplementationSpecific" as const, backend: backend("web:80") })),
  }));
  return ingress(`t/${name}`, { createdAtMs, annotations: USE_REGEX, rules });
}

describe("patterns of hosts in regex mode", () => {
  test("are refused one by one where each is too large, and what they may have meant is closed", () => {
    const paths = Array.from({ length: 2000 }, (_, i) => `/${i}(a{1,500}){1,2}b`);
    const { refused, answer } = translated(
      serving("two", 2, { "a.test": paths }),
      serving("open", 1, { "a.test": ["/"] }),
    );
    expect(refused).toHaveLength(2000);
    expect(refused[7]).toMatch(/^two spec\.rules\[0\]\.http\.paths\[\d+\]\.path: the path is too large as a regex/);
    expect([answer("a.test", "/7ab"), answer("a.test", "/other")]).toEqual(["closed", "open"]);
  });

  test("have a room together on their host, which those have that came first", () => {
    const { refused, answer } = translated(
      serving("young", 3, { "a.test": [...bigs("y", 30), "/small/(.*)"] }),
      serving("old", 1, { "a.test": bigs("o", 30) }),
      serving("open", 2, { "a.test": ["/"] }),
    );
    expect(new Set(refused.map((line) => line.replace(/ .*/, "")))).toEqual(new Set(["young"]));
    expect(refused[0]).toContain("no more room: those of host a.test have more than 100000 steps together");
    expect(answer("a.test", taken("y29"))).toBe("closed");
    expect(answer("a.test", taken("o29"))).toBe("old");
    expect(answer("a.test", "/o29/x")).toBe("open");
    expect(answer("a.test", "/small/x")).toBe("young");
  });

  test("have a room together in their Ingress, whatever hosts they are on", () => {
    const hosts = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`h${i}.test`, bigs("p", 8)]));
    const { refused, answer } = translated(
      serving("wide", 2, hosts),
      serving("open", 1, { "h0.test": ["/"], "h8.test": ["/"] }),
    );
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]).toContain("no more room: those of its Ingress have more than 100000 steps together");
    expect([answer("h0.test", taken("p7")), answer("h8.test", taken("p7"))]).toEqual(["wide", "closed"]);
    expect(answer("h8.test", "/other")).toBe("open");
  });

  test("have room for two thousand ordinary ones", () => {
    const paths = Array.from({ length: 2000 }, (_, i) => `/api/v1/tenants/${i}/orders(/|$)(.*)`);
    const { refused, answer } = translated(serving("many", 1, { "a.test": paths }));
    expect(refused).toEqual([]);
    expect(answer("a.test", "/api/v1/tenants/1999/orders/7")).toBe("many");
  });
});
