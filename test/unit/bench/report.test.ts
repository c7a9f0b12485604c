import { describe, expect, test } from "vitest";
import { chartOf } from "../../../bench/compare/chart.ts";
import { markdownTable, textTable } from "../../../bench/support/markdown.ts";
import { pageOf } from "../../../bench/compare/page.ts";
import { type Measured, summarize } from "../../../bench/compare/summary.ts";
import { targetsOf, verdictOf } from "../../../bench/compare/targets.ts";
import { SCENARIOS } from "../../../bench/scenarios/scenarios.ts";
import type { Sample } from "../../../bench/compare/measure.ts";

function sample(cpuMicros: number, p99Micros: number | null = null): Sample {
  return { cpuMicros, p99Micros, p50Micros: p99Micros, requestsPerSecond: 1000, foreignShare: 0.1, note: "" };
}

function measured(id: string, rival: string, costs: readonly (number | null)[], failure = ""): Measured {
  const scenario = SCENARIOS.find((each) => each.id === id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  return { scenario, rival, failure, samples: costs.map((cost) => (cost === null ? null : sample(cost, cost * 10))) };
}

const SMALL = [
  measured("small-get", "nginx", [20, 10, 40]),
  measured("small-get", "headgate", [22, 12, 40]),
  measured("small-get", "caddy", [null, null, null], "answers 502"),
];

describe("the summary", () => {
  test("takes ratios to nginx within each round, so that a slow round does not count", () => {
    const [, headgate] = summarize(SMALL, []).scenarios[0]?.rows ?? [];
    expect([headgate?.cost, headgate?.ratio, headgate?.rounds]).toEqual([22, 1.1, 3]);
  });

  test("keeps a rival that failed, with its reason and without figures", () => {
    const caddy = summarize(SMALL, []).scenarios[0]?.rows[2];
    expect([caddy?.cost, caddy?.rounds, caddy?.note]).toEqual([Number.NaN, 0, "answers 502"]);
  });

  test("tells what a feature adds to the rival's own cost without it", () => {
    const all = [measured("feature-none", "headgate", [20, 30]), measured("access-log", "headgate", [22, 33])];
    const row = summarize(all, []).scenarios[1]?.rows[0];
    expect([row?.added, row?.addedRatio]).toEqual([2.5, 1.1]);
  });
});

describe("a target", () => {
  const verdict = (measured: number): string => verdictOf({ title: "small", must: 1.3, aim: 1, measured, unit: "×" });

  test.each([
    [0.99, "aim reached"],
    [1.2, "reached"],
    [1.31, "missed"],
    [Number.NaN, "not measured"],
  ])("measured as %d is %s", (figure, expected) => {
    expect(verdict(figure)).toBe(expected);
  });

  test("of a scenario is its ratio to nginx", () => {
    const [first] = targetsOf(summarize(SMALL, []));
    expect([first?.title, first?.measured]).toEqual(["small GET, keep-alive, CPU against nginx", 1.1]);
  });

  test("against another rival is the ratio of both ratios", () => {
    const all = [...SMALL.slice(0, 2), measured("small-get", "caddy", [88, 44, 160])];
    const target = targetsOf(summarize(all, [])).find(({ title }) => title.endsWith("against caddy"));
    expect(target?.measured).toBeCloseTo(1.1 / 4.4);
  });
});

describe("tables", () => {
  test("of Markdown are padded as the formatter pads them", () => {
    expect(markdownTable(["proxy", "µs"], [["nginx", "17.5"], ["x"]])).toBe(
      "| proxy | µs   |\n| ----- | ---- |\n| nginx | 17.5 |\n| x     |      |",
    );
  });

  test("for a terminal have their numbers to the right", () => {
    expect(
      textTable([
        ["proxy", "µs"],
        ["nginx", "1.0"],
        ["x", "10.0"],
      ]),
    ).toBe("  proxy    µs\n  nginx   1.0\n  x      10.0");
  });
});

const FACTS = {
  date: "2026-01-02",
  revision: "abc1234",
  machine: "2 × CPU",
  versions: ["nginx 1"],
  rounds: 3,
  seconds: 1,
  missing: ["haproxy was left out: not installed (apt-get install haproxy)"],
  warnings: [],
};

describe("the page", () => {
  const memory = [{ rival: "nginx", startKb: 2048, idleKb: 0.5, idleTlsKb: null, slowReaderKb: 4 }];
  const page = pageOf(summarize(SMALL, memory), FACTS);

  test("names who was left out and how to get it", () => {
    expect(page).toContain("- haproxy was left out: not installed (apt-get install haproxy)");
  });

  test("shows figures, and dashes where there are none", () => {
    expect(page).toMatch(/\| headgate \| 22\.0 +\| 17\.0–31\.0 \| 1\.10 +\|/);
    expect(page).toMatch(/\| caddy +\| – +\|/);
    expect(page).toMatch(/\| nginx \| 2\.0 +\| 0\.5 +\| – +\| 4\.0 +\|/);
  });

  test("leaves out the columns that nobody has a figure for", () => {
    expect(page).not.toContain("added µs");
  });
});

describe("the chart", () => {
  const chart = chartOf(summarize(SMALL, []).scenarios);

  test("draws a bar for each rival that has a figure, and one square in the legend for every rival", () => {
    expect(chart.match(/<rect x=/g)).toHaveLength(2 + 3);
  });

  test("is one document with balanced tags", () => {
    expect(chart.match(/<svg /g)).toHaveLength(1);
    expect(chart.match(/<text /g)?.length).toBe(chart.match(/<\/text>/g)?.length);
  });

  test("of nothing is empty, not broken", () => {
    expect(chartOf([])).not.toContain("NaN");
  });
});
