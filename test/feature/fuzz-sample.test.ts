import { expect, test } from "vitest";
import { makePlan } from "../../bench/fuzz/plans.ts";
import { Stage } from "../../bench/fuzz/stage.ts";
import { runPlan } from "../../bench/fuzz/trial.ts";

const CLIENTS = 16;
const PLANS = 600;

async function findingsOf(configuration: "steady" | "churning", firstSeed: number): Promise<readonly string[]> {
  const stage = await Stage.open(configuration);
  let next = firstSeed;
  const client = async (): Promise<void> => {
    while (next < firstSeed + PLANS) await runPlan(stage, makePlan(next++));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const leaks = await stage.close();
  return [...leaks, ...stage.world.findings.map(({ what, plan }) => `${what} (seed ${plan?.seed})`)];
}

test("mutated requests and answers through a real proxy break none of its promises", { timeout: 60_000 }, async () => {
  expect(await findingsOf("steady", 1)).toEqual([]);
});

test("nor do they while its configuration is replaced all the time", { timeout: 60_000 }, async () => {
  expect(await findingsOf("churning", 100_000)).toEqual([]);
});
