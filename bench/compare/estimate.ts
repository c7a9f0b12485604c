import { leadSeconds, type Series, warmUpSeconds } from "./run-group.ts";

const OVERHEAD_SECONDS = 0.25;
const START_SECONDS = 1.5;
const MEMORY_SECONDS = 22;

/** Seconds that a run will take, for the line at its beginning. */
export function estimateSeconds(
  series: readonly Series[],
  {
    rounds,
    seconds,
    memoryRivals,
  }: { readonly rounds: number; readonly seconds: number; readonly memoryRivals: number },
): number {
  const starts = new Set(series.map(({ scenario, rival }) => `${scenario.group} ${scenario.profile} ${rival.name}`))
    .size;
  const rounded = series.length * (rounds + 1) * (seconds + OVERHEAD_SECONDS);
  const warming = series.reduce((sum, { rival }) => sum + warmUpSeconds(rival) + rounds * leadSeconds(rival), 0);
  return rounded + warming + starts * START_SECONDS + memoryRivals * MEMORY_SECONDS;
}
