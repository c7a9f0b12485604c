import { describe, expect, test } from "vitest";
import { compileHost, explainHost, parseTarget, type RoutedRequest } from "../../src/router/router.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { routedRequest } from "../support/oracles/naive-conditions.ts";
import { buildConditionalRoute, CONDITION_CASES, conditionHost } from "./condition-cases.ts";

/** A request as the router is asked, and its path. */
function parseRequest(line: string, headers: readonly string[]): { path: string; request: RoutedRequest } {
  const [method = "", target = ""] = line.split(" ");
  const view = parseTarget(target);
  if (!view.ok) throw new Error(view.error.code);
  const fields = headers.map(
    (one) => [one.slice(0, one.indexOf(":")), one.slice(one.indexOf(":") + 1).trim()] as const,
  );
  return {
    path: view.value.path,
    request: routedRequest({ method, headers: fields, query: view.value.query.slice(1) }),
  };
}

describe.each(CONDITION_CASES)("$name", (routing) => {
  test.each(routing.requests)("%s with %j leads to %s", (line, headers, outcome) => {
    const host = conditionHost("a.test", routing);
    const { path, request } = parseRequest(line, headers);
    const found = compileHost(host, (route) => route.id).match(path, request);
    expect(found?.kind === "route" ? found.payload : "404").toBe(outcome);
    const chosen = explainHost(host, path, request).filter(({ verdict }) => verdict === "chosen");
    expect(chosen.map(({ route }) => route.id)).toEqual(outcome === "404" ? [] : [outcome]);
  });
});

describe("a condition with a pattern that cannot be used", () => {
  const match = { headers: [{ name: "x-a", kind: "regex", value: "a)|(?:b" }] } as const;
  const guarded = buildConditionalRoute(buildRoute("guarded", "prefix", "/"), match);
  const rest = buildRoute("rest", "prefix", "/");
  const { path, request } = parseRequest("GET /", ["x-a: a"]);

  test("lets nothing past it: the request is undecided", () => {
    const host = compileHost(buildHost("a.test", [guarded, rest]), ({ id }) => id);
    expect(host.match(path, request)).toEqual({ kind: "undecided" });
    expect(host.match(path, parseRequest("GET /", []).request)).toEqual({ kind: "route", payload: "rest" });
  });

  test("is that of a closed route where its route is closed", () => {
    const closed = { ...guarded, action: { kind: "closed", reason: "it cannot be used" } } as const;
    const host = compileHost(buildHost("a.test", [closed, rest]), ({ id }) => id);
    expect(host.match(path, request)).toEqual({ kind: "route", payload: "guarded" });
  });
});

test("explanations say which condition is not met, and what asks for more", () => {
  const routing = CONDITION_CASES.find(({ name }) => name.startsWith("of one path"));
  if (routing === undefined) throw new Error("no such case");
  const { path, request } = parseRequest("GET /?q=1", ["X-A: 1"]);
  const host = conditionHost("a.test", routing);
  expect(explainHost(host, path, request).map(({ route, verdict, reason }) => [route.id, verdict, reason])).toEqual([
    ["method", "no-match", "the method is not PATCH"],
    ["headers", "no-match", 'the header x-b is not "1"'],
    ["header", "chosen", "longest Prefix that covers the request path; the request meets its conditions"],
    ["queries", "no-match", 'the query parameter p is not "1"'],
    ["first", "no-match", 'the query parameter p is not "1"'],
    ["second", "lost", "a route of the same path asks for more of the request"],
    ["plain", "lost", "a route of the same path asks for more of the request"],
  ]);
  const both = parseRequest("GET /?q=1&p=1", []);
  const reasons = explainHost({ ...host, routes: host.routes.slice(0, 3) }, both.path, both.request);
  expect(reasons.map(({ route, reason }) => [route.id, reason])[1]).toEqual([
    "second",
    "a route of the same path that asks for as much comes first",
  ]);
});
