import type { LoadOptions } from "../load/run-load.ts";
import type { Rival } from "../rivals/setup.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { checkAnswer } from "./check.ts";
import type { Instances } from "./instances.ts";
import { measureOnce, type Sample } from "./measure.ts";

/** One cell of the table: all rounds of one scenario with one rival. */
export interface Series {
  readonly scenario: Scenario;
  readonly rival: Rival;
  /** Null for a round that failed. */
  readonly samples: (Sample | null)[];
  /** Why the last round that failed did; empty for none. */
  failure: string;
  failures: number;
  /** What the check found, to be sent with every request; null until it has passed. */
  cookie: string | null;
}

export interface GroupRun {
  readonly instances: Instances;
  readonly rounds: number;
  readonly loadOptions: LoadOptions;
  /** Told after every round. */
  readonly onRound: (round: number) => void;
  readonly say: (line: string) => void;
}

/** A proxy runs for months: optimizing compilers get the ten thousands of requests that they want before anything counts. */
const COMPILED_WARM_UP_SECONDS = 6;
/** Pools and caches fill sooner. */
const NATIVE_WARM_UP_SECONDS = 1;
/** While others were measured V8 has thrown code away: what counts begins when it is back, as under steady load. */
const COMPILED_LEAD_SECONDS = 2;
/** After so many failures a rival is left out of a scenario. */
const FAILURE_LIMIT = 2;

/** What the first round takes longer than the others. Everything that is not a program of its own runs on Node. */
export function warmUpSeconds({ needs }: Rival): number {
  return needs.kind === "program" ? NATIVE_WARM_UP_SECONDS : COMPILED_WARM_UP_SECONDS;
}

/** Load that comes before each measurement. */
export function leadSeconds({ needs }: Rival): number {
  return needs.kind === "program" ? 0 : COMPILED_LEAD_SECONDS;
}

/** The table's cells of a group, empty. A rival without the profile or HTTP/2 has none. */
export function openSeries(scenarios: readonly Scenario[], rivals: readonly Rival[]): readonly Series[] {
  return scenarios.flatMap((scenario) =>
    rivals
      .filter((rival) => takesPart(rival, scenario))
      .map((rival) => ({ scenario, rival, samples: [], failure: "", failures: 0, cookie: null })),
  );
}

/** Whether a rival can do what a scenario wants. Features are compared among those that have them all. */
function takesPart(rival: Rival, scenario: Scenario): boolean {
  if (scenario.group === "features" && !rival.profiles.has("features")) return false;
  return rival.profiles.has(scenario.profile) && (scenario.needsHttp2 === "no" || rival.http2 === "yes");
}

/**
 * Runs the rounds of a group into its series. The first round warms up: compilers, pools, caches; it is not kept. In each round every
 * scenario meets every rival in turn, so that a busy machine hits all of them. A failure costs that cell of that round.
 */
export async function runGroup(series: readonly Series[], run: GroupRun): Promise<void> {
  for (let round = 0; round <= run.rounds; round++) {
    for (const entry of series) await runCell(entry, round, run);
    run.onRound(round);
  }
}

async function runCell(entry: Series, round: number, { instances, loadOptions, say }: GroupRun): Promise<void> {
  const { scenario, rival } = entry;
  let sample: Sample | null = null;
  if (entry.failures < FAILURE_LIMIT) {
    try {
      const instance = await instances.get(rival, scenario.profile);
      entry.cookie ??= await checkAnswer(scenario, instance.setup);
      const seconds = round === 0 ? loadOptions.seconds + warmUpSeconds(rival) : loadOptions.seconds;
      const leadIn = round === 0 ? 0 : leadSeconds(rival);
      if (leadIn > 0) await measureOnce(scenario, instance, entry.cookie, { ...loadOptions, seconds: leadIn });
      sample = await measureOnce(scenario, instance, entry.cookie, { ...loadOptions, seconds });
    } catch (error) {
      entry.failures++;
      entry.failure = error instanceof Error ? error.message : String(error);
      say(`${rival.name}, ${scenario.title}: ${entry.failure}`);
    }
  }
  if (round > 0) entry.samples.push(sample);
}
