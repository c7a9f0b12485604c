import fc from "fast-check";
import { expect, test } from "vitest";
import { deltaOf } from "../../src/model/delta.ts";
import type { RankedGroup } from "../../src/model/route-group.ts";
import { Runtime } from "../../src/proxy/runtime/runtime.ts";
import { buildGroup, GATEWAY_TABLE } from "../support/builders/group-builder.ts";
import { openOwnLimits } from "../support/builders/own-limits.ts";

const limits = openOwnLimits(
  16,
  () => 0,
  () => 0.5,
);

const NAMES = ["one", "two", "three", "four", "five"];
const HOSTS = ["a.test", "b.a.test", "*.a.test", "*.test", "_"];
const PATHS = ["/", "/x", "/x/", "/x/y", "/x/y/z", "/xy"];
const ASKED = ["a.test", "b.a.test", "c.a.test", "d.c.a.test", "z.test", "elsewhere"];

const rule = fc.record({ type: fc.constantFrom("exact" as const, "prefix" as const), path: fc.constantFrom(...PATHS) });
const hosts = fc.uniqueArray(fc.constantFrom(...HOSTS), { minLength: 1, maxLength: 3 });
const group = fc
  .tuple(fc.constantFrom(...NAMES), hosts, fc.array(rule, { maxLength: 3 }), fc.nat(3))
  .map(([name, names, rules, second]) => buildGroup(name, names, rules, { second }));
/** A group that is put, or the name of one that is removed. */
const change = fc.oneof({ weight: 3, arbitrary: group }, { weight: 1, arbitrary: fc.constantFrom(...NAMES) });
const batches = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 8 });

/** By the words of the rules: the most specific host first, and of its matching routes the one with the lowest rank. */
function expected(groups: Iterable<RankedGroup>, host: string, path: string): string {
  const all = [...groups];
  for (const pattern of HOSTS.filter((one) => takesHost(one, host)).toSorted(
    (a, b) => specificity(b) - specificity(a),
  )) {
    const routes = all.filter(({ hosts: names }) => names.includes(pattern)).flatMap(({ routes: found }) => found);
    const [first] = routes.filter((route) => takesPath(route, path)).toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
    if (first !== undefined) return first.id;
  }
  return "not found";
}

function takesHost(pattern: string, host: string): boolean {
  return pattern === "_" || pattern === host || (pattern.startsWith("*.") && host.endsWith(pattern.slice(1)));
}

function specificity(pattern: string): number {
  if (pattern === "_") return 0;
  return pattern.startsWith("*.") ? pattern.length : 1000;
}

function takesPath({ pathType, path }: RankedGroup["routes"][number], asked: string): boolean {
  if (pathType === "exact") return asked === path;
  const prefix = path.endsWith("/") ? path.slice(0, -1) : path;
  return asked === prefix || asked.startsWith(`${prefix}/`);
}

test("whatever groups came and went, requests are served as the rules say of those that are there", () => {
  fc.assert(
    fc.property(batches, (steps) => {
      const runtime = new Runtime([], { limits });
      const present = new Map<string, RankedGroup>();
      for (const batch of steps) {
        const groups = new Map<string, RankedGroup | null>();
        for (const one of batch) {
          const id = typeof one === "string" ? buildGroup(one, [], []).id : one.id;
          groups.set(id, typeof one === "string" ? null : one);
        }
        for (const [id, one] of groups) {
          if (one === null) present.delete(id);
          else present.set(id, one);
        }
        runtime.apply(deltaOf({ groups }));
        const table = runtime.tables.get(GATEWAY_TABLE);
        for (const host of ASKED) {
          for (const path of [...PATHS, "/y"]) {
            const match = table.find(host)?.match(path) ?? null;
            const found = match?.kind === "route" ? match.payload.route.id : "not found";
            expect(`${host}${path} ${found}`).toBe(`${host}${path} ${expected(present.values(), host, path)}`);
          }
        }
        expect([...table.names()].toSorted()).toEqual(namesOf(present.values()));
      }
    }),
    { numRuns: 200 },
  );
});

/** Hosts that some route is for. */
function namesOf(groups: Iterable<RankedGroup>): readonly string[] {
  const names = [...groups].flatMap(({ hosts: all, routes }) => (routes.length === 0 ? [] : all));
  return [...new Set(names)].toSorted();
}
