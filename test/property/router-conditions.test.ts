import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RouteMatch, ValueMatch } from "../../src/model/route-match.ts";
import type { Route } from "../../src/model/route.ts";
import { compileHost, explainHost } from "../../src/router/router.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { type AskedRequest, naiveChoice, routedRequest } from "../support/oracles/naive-conditions.ts";

const path = fc
  .array(fc.constantFrom("a", "b"), { maxLength: 2 })
  .map((parts) => (parts.length === 0 ? "/" : `/${parts.join("/")}`));
const method = fc.constantFrom("GET", "HEAD", "POST");
const value = fc.constantFrom("1", "1", "1", "2", "1 2", "é");
const valueMatch = (name: fc.Arbitrary<string>): fc.Arbitrary<ValueMatch> =>
  fc.oneof(
    fc.record({ name, kind: fc.constant("exact" as const), value }),
    fc.record({ name, kind: fc.constant("regex" as const), value: fc.constantFrom("[0-9]", "1|2", ".*", "1") }),
  );
const headerName = fc.constantFrom("x-a", "X-A", "x-b");
const parameterName = fc.constantFrom("p", "P", "q");
const match = (priority: number): fc.Arbitrary<RouteMatch> =>
  fc.record({
    method: fc.oneof(fc.constant(null), method),
    headers: fc.array(valueMatch(headerName), { maxLength: 3 }),
    query: fc.array(valueMatch(parameterName), { maxLength: 3 }),
    priority: fc.constant(priority),
  });

/** Routes with and without conditions, many of one path; at most one of a path without any. */
const routes = fc
  .array(fc.tuple(fc.constantFrom("exact" as const, "prefix" as const), path, fc.boolean()), { maxLength: 14 })
  .chain((rules) =>
    fc.tuple(...rules.map(([type, text, bare], i) => fc.tuple(fc.constant({ type, text, bare }), match(i)))),
  )
  .map((rules): readonly Route[] => {
    const bare = new Set<string>();
    return rules.flatMap(([rule, conditions], i) => {
      const key = `${rule.type} ${rule.text}`;
      if (rule.bare && bare.has(key)) return [];
      if (rule.bare) bare.add(key);
      const route = buildRoute(`r${i}`, rule.type, rule.text);
      return [rule.bare ? route : { ...route, match: conditions }];
    });
  });

const odd: fc.Arbitrary<AskedRequest> = fc.record({
  method,
  headers: fc.array(fc.tuple(headerName, fc.constantFrom("1", "1", "1", "2", "1 2")), { maxLength: 3 }),
  query: fc
    .array(
      fc
        .tuple(parameterName, fc.constantFrom("1", "1", "%31", "2", "1+2", "1%202", "%C3%A9"))
        .map((pair) => pair.join("=")),
      { maxLength: 4 },
    )
    .map((pairs) => pairs.join("&")),
});

/** Meets nearly all conditions, so that the order of routes decides. */
const agreeable = method.map((one): AskedRequest => ({
  method: one,
  headers: [
    ["x-a", "1"],
    ["x-b", "1"],
  ],
  query: "q=1&P=1&p=1",
}));
const asked = fc.oneof(agreeable, odd);

describe("routes with conditions", () => {
  test("are chosen as the naive router chooses", () => {
    fc.assert(
      fc.property(routes, fc.array(fc.tuple(path, asked), { minLength: 1, maxLength: 12 }), (all, requests) => {
        const host = buildHost("h.test", all);
        const compiled = compileHost(host, (route) => route.id);
        for (const [one, request] of requests) {
          const found = compiled.match(one, routedRequest(request));
          expect(found?.kind === "route" ? found.payload : "none").toBe(naiveChoice(host, one, request));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("are explained: one is chosen, the one that serves, and every other has its reason", () => {
    fc.assert(
      fc.property(routes, path, asked, fc.boolean(), (all, one, request, regexMode) => {
        const host = buildHost("h.test", all, { regexMode });
        const found = compileHost(host, (route) => route.id).match(one, routedRequest(request));
        const explained = explainHost(host, one, routedRequest(request));
        const chosen = explained.filter(({ verdict }) => verdict === "chosen").map(({ route }) => route.id);
        expect(chosen).toEqual(found?.kind === "route" ? [found.payload] : []);
        expect(explained.map(({ route }) => route.id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
        const place = explained.findIndex(({ verdict }) => verdict === "chosen");
        for (const [i, { verdict, reason }] of explained.entries()) {
          expect(reason).not.toBe("");
          if (verdict === "lost") expect(i).toBeGreaterThan(place);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("leave hosts of regex mode to the first pattern whose route takes the request", () => {
    fc.assert(
      fc.property(routes, path, asked, (all, one, request) => {
        const host = buildHost("h.test", all, { regexMode: true });
        const found = compileHost(host, (route) => route.id).match(one, routedRequest(request));
        const naive = naiveInOrder(all, one, request);
        expect(found?.kind === "route" ? found.payload : "none").toBe(naive);
      }),
      { numRuns: 500 },
    );
  });
});

/** Pattern by pattern in the order of their first route, each asked as a host of its own that has one path. */
function naiveInOrder(all: readonly Route[], path: string, request: AskedRequest): string {
  const exact = new Set(all.filter(({ pathType }) => pathType === "exact").map((route) => route.path));
  const textOf = (route: Route): string =>
    route.pathType === "prefix" && exact.has(route.path) && route.path !== "/" ? `${route.path}/` : route.path;
  for (const [text, group] of Map.groupBy(all, textOf)) {
    if (!path.startsWith(text)) continue;
    const alone = group.map((route): Route => ({ ...route, pathType: "prefix", path: "/" }));
    const chosen = naiveChoice(buildHost("h.test", alone), "/", request);
    if (chosen !== "none") return chosen;
  }
  return "none";
}
