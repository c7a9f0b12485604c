import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartOf } from "./chart.ts";
import { pageOf } from "./page.ts";
import type { Measured, Summary } from "./summary.ts";
import { firstLine, machineFacts } from "../support/machine.ts";
import type { BenchOptions } from "./options.ts";

export interface Results {
  readonly summary: Summary;
  readonly measured: readonly Measured[];
  readonly options: BenchOptions;
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
}

/** Writes `results.md`, `results.svg` and, with every single sample, `results.json` into the output folder. */
export function writeResults({ summary, measured, options, missing, warnings }: Results): void {
  const { outputFolder, rounds, seconds } = options;
  const facts = { ...FACTS, date: new Date().toISOString().slice(0, 10), rounds, seconds, missing, warnings };
  writeFileSync(join(outputFolder, "results.md"), pageOf(summary, facts));
  writeFileSync(join(outputFolder, "results.svg"), chartOf(summary.scenarios));
  const raw = measured.map(({ scenario, ...rest }) => ({ scenario: scenario.id, ...rest }));
  writeFileSync(join(outputFolder, "results.json"), `${JSON.stringify({ facts, raw, memory: summary.memory })}\n`);
}

const FACTS = {
  ...machineFacts(),
  versions: [
    firstLine("nginx", ["-v"]),
    firstLine("haproxy", ["-v"]),
    `caddy ${firstLine("caddy", ["version"])}`,
    `Node ${process.version}`,
    firstLine("wrk", ["-v"]),
    firstLine("h2load", ["--version"]),
  ].filter((line) => line !== "" && line !== "caddy "),
};
