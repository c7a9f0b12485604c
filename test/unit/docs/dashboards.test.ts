import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { HISTOGRAMS, REQUESTS, STATE_METRICS } from "../../../src/observability/observability.ts";
import { OVERVIEW_EXPRESSIONS, PERFORMANCE_EXPRESSIONS } from "../../support/oracles/dashboard-expressions.ts";

const FOLDER = resolve(import.meta.dirname, "../../../dashboards");
const PREFIX = "nginx_ingress_controller_";

/** Every series name that can be on the metrics page. */
const SERIES = new Set([
  PREFIX + REQUESTS.name,
  ...Object.keys(HISTOGRAMS).flatMap((name) => histogram(PREFIX + name)),
  ...STATE_METRICS.flatMap(({ name, type }) => (type === "histogram" ? histogram(name) : [name])),
]);

function histogram(name: string): readonly string[] {
  return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const dashboards = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

function panelsOf(name: string): Dashboard["panels"] {
  return (JSON.parse(readFileSync(resolve(FOLDER, name), "utf8")) as Dashboard).panels;
}

/** Metrics that an expression names and that we do not have. */
function unknownIn(expression: string): readonly string[] {
  const names = expression.match(/\b(?:nginx_ingress_controller|headgate|process)_\w+/g) ?? ["no metric at all"];
  return names.filter((name) => !SERIES.has(name));
}

describe.each(dashboards)("dashboards/%s", (name) => {
  test.each(panelsOf(name))("has only series that we export in $title", ({ targets }) => {
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
  });
});

test("ingress-nginx's dashboards ask only for series that we export", () => {
  expect([...OVERVIEW_EXPRESSIONS, ...PERFORMANCE_EXPRESSIONS].flatMap(unknownIn)).toEqual([]);
});
