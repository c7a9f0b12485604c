import { describe, expect, test } from "vitest";
import { compileHost, parseTarget } from "../../src/router/router.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { ROUTING_CASES, type RoutingCase } from "./routing-cases.ts";

describe.each(ROUTING_CASES)("PT-15 PT-17 $name", (routing) => {
  test.each(routing.requests)("%s leads to %s", (target, outcome) => {
    expect(answer(routing, target)).toBe(outcome);
  });
});

function answer(routing: RoutingCase, target: string): string {
  const rules = routing.rules.map(([type, path, service, rewriteTarget]) =>
    buildRoute(service, type, path, rewriteTarget === undefined ? {} : { rewrite: { target: rewriteTarget } }),
  );
  const root = buildRoute("fallback", "prefix", "/", { implicit: true });
  const host = buildHost("a.test", [...rules, root], { regexMode: routing.regexMode });
  const view = parseTarget(target);
  if (!view.ok) return String(view.error.status);
  const match = compileHost(host, (route) => route.id).match(view.value.path);
  if (match === null) return "none";
  if (match.kind === "undecided") return "undecided";
  return match.kind === "route" ? match.payload : `301 ${match.path}${view.value.query}`;
}
