import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { chartOf } from "../report/chart.ts";
import { pageOf } from "../report/page.ts";
import type { Measured, Summary } from "../report/summary.ts";
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
  revision: firstLine("git", ["-C", import.meta.dirname, "rev-parse", "--short", "HEAD"]) || "unknown",
  machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
  versions: [
    firstLine("nginx", ["-v"]),
    firstLine("haproxy", ["-v"]),
    `caddy ${firstLine("caddy", ["version"])}`,
    `Node ${process.version}`,
    firstLine("wrk", ["-v"]),
    firstLine("h2load", ["--version"]),
  ].filter((line) => line !== ""),
};

/** The first line that a program prints, wherever it prints it; some end with an error code after it. */
function firstLine(program: string, args: readonly string[]): string {
  const script = '"$0" "$@" 2>&1 | head -n 1';
  try {
    return execFileSync("sh", ["-c", script, program, ...args], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}
