import { MEMORY_COUNTS } from "./memory.ts";
import { digits, markdownTable } from "../support/markdown.ts";
import type { Row, ScenarioSummary, Summary } from "./summary.ts";
import { type Target, targetsOf, verdictOf } from "./targets.ts";

/** About the run. */
export interface RunFacts {
  readonly date: string;
  readonly revision: string;
  readonly machine: string;
  readonly versions: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  /** Rivals that were left out, and why. */
  readonly missing: readonly string[];
  /** What was told while measuring and is no figure. */
  readonly warnings: readonly string[];
}

/** `bench/results.md`. */
export function pageOf(summary: Summary, facts: RunFacts): string {
  const { median, largest } = summary.foreignShare;
  const parts = [
    "<!-- Written by `npm run bench`. -->",
    "# Benchmark results",
    `${facts.date}, revision ${facts.revision}, ${facts.machine}. ${facts.rounds} interleaved rounds of ${facts.seconds} s after one to warm up. How: [README.md](README.md).`,
    facts.versions.map((version) => `- ${version}`).join("\n"),
    `Noise: the proxy's core worked for other processes ${percent(median)} of the time in the median measurement, ${percent(largest)} in the worst. CPU time and its ratio within a round stand that well, rates and latencies do not.`,
    [...facts.missing, ...facts.warnings].map((line) => `- ${line}`).join("\n"),
    "![CPU per request, nginx = 1](results.svg)",
    "## Targets",
    targetTable(targetsOf(summary)),
    "## Scenarios",
    "CPU is that of all threads and children of the proxy for one request, in microseconds: the median, and the quarters around it. The ratio is the median of each round's ratio to nginx.",
    ...summary.scenarios.flatMap(({ scenario, rows }) => [`### ${scenario.title}`, scenarioTable({ scenario, rows })]),
    ...(summary.memory.length === 0 ? [] : memoryPart(summary)),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function targetTable(targets: readonly Target[]): string {
  return markdownTable(
    ["target", "must", "aim", "measured", "verdict"],
    targets.map((target) => {
      const figure = (value: number): string => (Number.isFinite(value) ? `${digits(value, 2)} ${target.unit}` : "–");
      return [
        target.title,
        `≤ ${figure(target.must)}`,
        `≤ ${figure(target.aim)}`,
        figure(target.measured),
        verdictOf(target),
      ];
    }),
  );
}

/** The head and cells of a scenario's table: columns that nobody has a figure for are left out. */
export function scenarioCells({ scenario, rows }: ScenarioSummary): readonly (readonly string[])[] {
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ["proxy", (row) => row.rival],
    [`CPU µs/${scenario.unit}`, (row) => digits(row.cost, 1)],
    ["quarters", (row) => (Number.isFinite(row.cost) ? `${digits(row.costLow, 1)}–${digits(row.costHigh, 1)}` : "–")],
    ["× nginx", (row) => digits(row.ratio, 2)],
    [
      "quarters ",
      (row) => (Number.isFinite(row.ratio) ? `${digits(row.ratioLow, 2)}–${digits(row.ratioHigh, 2)}` : "–"),
    ],
    ["added µs", (row) => digits(row.added, 1)],
    ["× without", (row) => digits(row.addedRatio, 2)],
    ["p50 µs", (row) => digits(row.p50Micros, 0)],
    ["p99 µs", (row) => digits(row.p99Micros, 0)],
    ["p99 × nginx", (row) => digits(row.p99Ratio, 2)],
    [`${scenario.unit}s/s`, (row) => digits(row.requestsPerSecond, 0)],
    ["rounds", (row) => String(row.rounds)],
    ["note", (row) => row.note.replaceAll(/[|\n]/g, " ").slice(0, 120)],
  ];
  const shown = columns.filter(([, cell]) => rows.some((row) => !["–", ""].includes(cell(row))));
  return [shown.map(([title]) => title.trimEnd()), ...rows.map((row) => shown.map(([, cell]) => cell(row)))];
}

function scenarioTable(summary: ScenarioSummary): string {
  const [head = [], ...rows] = scenarioCells(summary);
  return markdownTable(head, rows);
}

function memoryPart({ memory }: Summary): readonly string[] {
  const { idle, idleTls, slowReader } = MEMORY_COUNTS;
  return [
    "## Memory",
    `Resident memory of the process and its children after the start, and what it grew by for each of ${idle} idle connections, ${idleTls} idle TLS connections, and ${slowReader} clients that ask for 256 MB and do not read.`,
    markdownTable(
      ["proxy", "start MB", "idle KB", "idle TLS KB", "slow reader KB"],
      memory.map(({ rival, startKb, idleKb, idleTlsKb, slowReaderKb }) => [
        rival,
        digits((startKb ?? Number.NaN) / 1024, 1),
        ...[idleKb, idleTlsKb, slowReaderKb].map((value) => digits(value ?? Number.NaN, 1)),
      ]),
    ),
  ];
}

function percent(share: number): string {
  return `${digits(share * 100, 0)} %`;
}
