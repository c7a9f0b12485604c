/** Publications that Headgate has counted itself, from the event of an object to the moment every worker serves it. */
export interface OwnCounts {
  readonly within5ms: number;
  readonly within25ms: number;
  readonly all: number;
}

const DEADLINE_MS = 30_000;

export async function readOwnCounts(adminPort: number): Promise<OwnCounts> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`, { signal: AbortSignal.timeout(DEADLINE_MS) });
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith("headgate_propagation_seconds_"));
  const upTo = (bound: string): number => {
    const line = lines.find((one) => one.includes(`le="${bound}"`));
    if (line === undefined) throw new Error(`/metrics has no bucket of ${bound} s for headgate_propagation_seconds`);
    return Number(line.slice(line.lastIndexOf(" ")));
  };
  return { within5ms: upTo("0.005"), within25ms: upTo("0.025"), all: upTo("+Inf") };
}

export function countsSince(before: OwnCounts, now: OwnCounts): OwnCounts {
  return {
    within5ms: now.within5ms - before.within5ms,
    within25ms: now.within25ms - before.within25ms,
    all: now.all - before.all,
  };
}
