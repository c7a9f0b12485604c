import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readerEpoch } from "./readers.ts";
import { makePlan } from "./plans.ts";
import type { Plan } from "./plan.ts";
import { Stage } from "./stage.ts";
import { runPlan } from "./trial.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    clients: { type: "string", default: "48" },
    epoch: { type: "string", default: "20000" },
    count: { type: "string" },
    churn: { type: "boolean", default: false },
    out: { type: "string", default: "fuzz-findings" },
  },
});

const startSeed = Number(values.seed);
const endMs = Date.now() + Number(values.minutes) * 60_000;
const limit = values.count === undefined ? Infinity : Number(values.count);
const epochSize = Number(values.epoch);
let nextSeed = startSeed;
let plans = 0;
let readings = 0;
let findings = 0;
let unjudged = 0;

for (const event of ["uncaughtException", "unhandledRejection", "warning"] as const) {
  process.on(event, (error: unknown) =>
    save(`${event}: ${error instanceof Error ? error.stack : String(error)}`, null, null),
  );
}

console.log(`seed ${startSeed}, ${values.clients} clients; findings go to ${values.out}/`);
while (hasTime()) {
  const epochMs = Date.now();
  const before = plans;
  await runEpoch(Math.min(nextSeed + epochSize, startSeed + limit));
  const epoch = readerEpoch(nextSeed, epochSize, (what, detail) => save(what, null, detail));
  readings += epoch;
  const perSecond = Math.round(((plans - before + epoch) / (Date.now() - epochMs)) * 1000);
  const heapMb = Math.round(process.memoryUsage().heapUsed / 1_048_576);
  const rssMb = Math.round(process.memoryUsage.rss() / 1_048_576);
  console.log(
    `${new Date().toISOString()} ${plans} connections, ${readings} readings, ${perSecond} inputs/s, ${findings} findings, heap ${heapMb} MB, rss ${rssMb} MB`,
  );
}
console.log(
  `${plans + readings} inputs (${plans} connections through the proxy, ${readings} readings), ${findings} findings, ${unjudged} not judged since the process stood still, seed ${startSeed}`,
);
process.exitCode = findings === 0 ? 0 : 1;

function hasTime(): boolean {
  return Date.now() < endMs && nextSeed - startSeed < limit;
}

/** A fresh proxy with fresh endpoints; at the end nothing of it may be left. */
async function runEpoch(endSeed: number): Promise<void> {
  const stage = await Stage.open(values.churn ? "churning" : "steady");
  const worker = async (): Promise<void> => {
    while (nextSeed < endSeed && Date.now() < endMs) {
      await runPlan(stage, makePlan(nextSeed++));
      plans++;
    }
  };
  await Promise.all(Array.from({ length: Number(values.clients) }, worker));
  for (const leak of await stage.close()) save(leak, null, null);
  unjudged += stage.world.unjudged;
  for (const { what, plan, detail } of stage.world.findings) save(what, plan, detail);
}

function save(what: string, plan: Plan | null, detail: unknown): void {
  findings++;
  mkdirSync(values.out, { recursive: true });
  const file = `${values.out}/${String(findings).padStart(4, "0")}-${plan?.seed ?? "process"}.json`;
  if (findings <= 500) writeFileSync(file, `${JSON.stringify({ what, plan, detail }, null, 1)}\n`);
  if (findings <= 50) console.log(`FINDING ${file}: ${what}`);
}
