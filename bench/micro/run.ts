import { parseArgs } from "node:util";
import { digits, textTable } from "../support/markdown.ts";
import { quantile } from "../support/statistics.ts";
import { balancerCases } from "./balancer-cases.ts";
import { exchangeCases } from "./exchange-cases.ts";
import { limiterCases } from "./limiter-cases.ts";
import type { MicroCase } from "./micro-case.ts";
import { parserCases } from "./parser-cases.ts";
import { routerCases } from "./router-cases.ts";

/** `node bench/micro/run.ts [--only TEXT] [--samples N]`: nanoseconds per operation of the parts that every request meets. */
const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, samples: { type: "string", default: "31" } },
});
const WARM_UP_MS = 300;
const SAMPLE_MS = 10;

const cases = [...parserCases(), ...routerCases(), ...balancerCases(), ...limiterCases(), ...exchangeCases()];
const rows = cases.filter(({ name }) => name.includes(values.only)).map(measure);
const head = ["", "median ns/op", "best", "quarters"];
process.stdout.write(`${textTable([head, ...rows])}\n`);

/**
 * Warm-up until the compiler is done with it, then samples of some milliseconds. Time is CPU time of this thread: other processes
 * cost caches, not time.
 */
function measure({ name, run }: MicroCase): readonly string[] {
  let perBatch = 1;
  const warmUntilMicros = threadMicros() + WARM_UP_MS * 1000;
  while (threadMicros() < warmUntilMicros) {
    const startMicros = threadMicros();
    run(perBatch);
    if (threadMicros() - startMicros < SAMPLE_MS * 1000) perBatch *= 2;
  }
  const samples = Array.from({ length: Number(values.samples) }, () => {
    const startMicros = threadMicros();
    run(perBatch);
    return ((threadMicros() - startMicros) * 1000) / perBatch;
  });
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => digits(quantile(samples, share), 1));
  return [name, middle ?? "", digits(Math.min(...samples), 1), `${low}–${high}`];
}

function threadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
