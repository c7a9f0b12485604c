import type { Scenario } from "../scenarios/scenario.ts";
import type { Sample } from "./measure.ts";
import type { MemoryResult } from "./memory.ts";
import { differences, median, present, quantile, ratios, type Rounds } from "../support/statistics.ts";

/** What was measured, as plain data. */
export interface Measured {
  readonly scenario: Scenario;
  readonly rival: string;
  readonly samples: readonly (Sample | null)[];
  readonly failure: string;
}

/** One row of a scenario's table. Microseconds; NaN where there is nothing. */
export interface Row {
  readonly rival: string;
  readonly cost: number;
  readonly costLow: number;
  readonly costHigh: number;
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
  readonly requestsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p99Ratio: number;
  /** What the feature adds to the rival's own cost without it, and the factor. */
  readonly added: number;
  readonly addedRatio: number;
  readonly rounds: number;
  readonly note: string;
}

/** The rows of one scenario, in the order of the rivals. All ratios are taken within a round, then the middle one of them. */
export interface ScenarioSummary {
  readonly scenario: Scenario;
  readonly rows: readonly Row[];
}

/** Everything that the report says. */
export interface Summary {
  readonly scenarios: readonly ScenarioSummary[];
  readonly memory: readonly MemoryResult[];
  /** Median and largest part of the time in which the proxy's core worked for others. */
  readonly foreignShare: { readonly median: number; readonly largest: number };
}

/** Whom everybody is compared to. */
const BASE_RIVAL = "nginx";

export function summarize(all: readonly Measured[], memory: readonly MemoryResult[]): Summary {
  const foreign = all.flatMap(({ samples }) =>
    samples.flatMap((sample) => (sample === null ? [] : [sample.foreignShare])),
  );
  const byScenario = Map.groupBy(all, ({ scenario }) => scenario);
  return {
    scenarios: [...byScenario].map(([scenario, cells]) => ({
      scenario,
      rows: cells.map((cell) => rowOf(cell, all)),
    })),
    memory,
    foreignShare: { median: median(foreign), largest: Math.max(0, ...foreign) },
  };
}

function rowOf(cell: Measured, all: readonly Measured[]): Row {
  const { scenario, rival, samples, failure } = cell;
  const find = (id: string | null, name: string): readonly (Sample | null)[] =>
    all.find((other) => other.scenario.id === id && other.rival === name)?.samples ?? [];
  const costs = costsOf(samples);
  const base = find(scenario.id, BASE_RIVAL);
  const toBase = ratios(costs, costsOf(base));
  const without = costsOf(find(scenario.against, rival));
  const kept = present(costs);
  const notes = [...new Set(samples.map((sample) => sample?.note ?? "")), failure].filter((note) => note !== "");
  return {
    rival,
    cost: median(kept),
    costLow: quantile(kept, 0.25),
    costHigh: quantile(kept, 0.75),
    ratio: median(toBase),
    ratioLow: quantile(toBase, 0.25),
    ratioHigh: quantile(toBase, 0.75),
    requestsPerSecond: median(present(pick(samples, "requestsPerSecond"))),
    p50Micros: median(present(pick(samples, "p50Micros"))),
    p99Micros: median(present(pick(samples, "p99Micros"))),
    p99Ratio: median(ratios(pick(samples, "p99Micros"), pick(base, "p99Micros"))),
    added: median(differences(costs, without)),
    addedRatio: median(ratios(costs, without)),
    rounds: kept.length,
    note: notes.join("; "),
  };
}

function costsOf(samples: readonly (Sample | null)[]): Rounds {
  return pick(samples, "cpuMicros");
}

function pick(
  samples: readonly (Sample | null)[],
  field: "cpuMicros" | "requestsPerSecond" | "p50Micros" | "p99Micros",
): Rounds {
  return samples.map((sample) => sample?.[field] ?? null);
}
