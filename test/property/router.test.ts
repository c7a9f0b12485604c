import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Route } from "../../src/model/route.ts";
import { compileHost, explainHost, HostTable } from "../../src/router/router.ts";
import { naiveMatch } from "../support/oracles/naive-router.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

const segment = fc.constantFrom("a", "b", "ab", "A", "x1");
const plainPath = fc
  .tuple(fc.array(segment, { maxLength: 4 }), fc.boolean())
  .map(([parts, slash]) => (parts.length === 0 ? "/" : `/${parts.join("/")}${slash ? "/" : ""}`));
const regexPath = fc.oneof(plainPath, fc.constantFrom("/a/[a-z]+", "/(a|b)/x1", "/a.*", "/a?b", "/ab+/x", "/a/(.*)"));
const type = fc.constantFrom("exact" as const, "prefix" as const);

/** Rules without two of one type and canonical path, as translation guarantees. */
function distinctRules(path: fc.Arbitrary<string>): fc.Arbitrary<Route[]> {
  return fc
    .uniqueArray(fc.tuple(type, path), {
      maxLength: 12,
      selector: ([kind, text]) => `${kind} ${kind === "prefix" && text !== "/" ? text.replace(/\/$/, "") : text}`,
    })
    .map((rules) => rules.map(([kind, text], i) => buildRoute(`r${i}`, kind, text)));
}

describe("the compiled router", () => {
  test("agrees with the naive router on plain hosts", () => {
    fc.assert(
      fc.property(distinctRules(plainPath), fc.array(plainPath, { minLength: 1, maxLength: 20 }), (routes, paths) => {
        const host = buildHost("h.test", routes);
        const compiled = compileHost(host, (route) => route.id);
        for (const path of paths) expect(text(compiled.match(path))).toBe(naiveMatch(host, path));
      }),
      { numRuns: 500 },
    );
  });

  test("agrees with the naive router on hosts in regex mode", () => {
    fc.assert(
      fc.property(distinctRules(regexPath), fc.array(plainPath, { minLength: 1, maxLength: 10 }), (routes, paths) => {
        const host = buildHost("h.test", routes, { regexMode: true });
        const compiled = compileHost(host, (route) => route.id);
        for (const path of paths) expect(text(compiled.match(path))).toBe(naiveMatch(host, path));
      }),
      { numRuns: 300 },
    );
  });

  test("explains exactly one chosen route, the one that serves", () => {
    fc.assert(
      fc.property(distinctRules(plainPath), plainPath, fc.boolean(), (routes, path, regexMode) => {
        const host = buildHost("h.test", routes, { regexMode });
        const match = compileHost(host, (route) => route.id).match(path);
        const chosen = explainHost(host, path).filter((candidate) => candidate.verdict === "chosen");
        expect(chosen.map((candidate) => candidate.route.id)).toEqual(match?.kind === "route" ? [match.payload] : []);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the host table", () => {
  test("holds what a map would hold, through growth, changes and deletions", () => {
    const change = fc.tuple(fc.constantFrom("set" as const, "set" as const, "delete" as const), fc.nat({ max: 60 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
        const table = new HostTable<number>();
        const map = new Map<string, number>();
        for (const [step, [what, n]] of changes.entries()) {
          const id = `h${n}.test`;
          if (what === "delete") {
            table.delete(id);
            map.delete(id);
          } else {
            table.set(compileHost(buildHost(id, [buildRoute("r", "prefix", "/")]), () => step));
            map.set(id, step);
          }
        }
        for (let n = 0; n <= 60; n++) {
          const match = table.get(`h${n}.test`)?.match("/");
          expect(match?.kind === "route" ? match.payload : undefined).toBe(map.get(`h${n}.test`));
          // Where it will be looked for is where it is: no two of these names have the same hash.
          expect(table.at(table.placeOf(`h${n}.test`))).toBe(table.get(`h${n}.test`));
        }
      }),
    );
  });

  const label = fc.constantFrom("a", "b", "c");
  const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
  const id = fc.oneof(
    name,
    name.map((text) => `*.${text}`),
  );

  test("prefers exact, then one-label wildcard, then the default server, whatever else it holds", () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 30 }), name, (ids, host) => {
        const table = new HostTable<string>();
        for (const each of [...ids, "_"]) table.set(compileHost(buildHost(each, []), () => each));
        const wildcard = host.includes(".") ? `*${host.slice(host.indexOf("."))}` : "";
        const expected = ids.includes(host) ? host : ids.includes(wildcard) ? wildcard : "_";
        expect(table.find(host)?.virtualHost.id).toBe(expected);
        expect(table.knows(host)).toBe(expected !== "_");
      }),
    );
  });
});

function text(match: ReturnType<ReturnType<typeof compileHost<string>>["match"]>): string {
  if (match === null) return "none";
  if (match.kind === "undecided") return "undecided";
  return match.kind === "route" ? match.payload : `301 ${match.path}`;
}
