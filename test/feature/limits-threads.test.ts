import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import type { LimitsFilter } from "../../src/model/filters/limits.ts";
import {
  compileLimits,
  createLimits,
  createLimitsHolder,
  createLimitsMemory,
  reclaimLimits,
} from "../../src/proxy/filters/limits/limits.ts";
import type { Hammer } from "../support/servers/limits-hammer.ts";

const CLIENTS = 8;

function filterOf(parts: Partial<LimitsFilter>): LimitsFilter {
  return { zone: "a/b", requestsPerSecond: null, requestsPerMinute: null, connections: 0, allowlist: [], ...parts };
}

/** What each thread got admitted, by client, while all asked at once. */
async function hammer(
  filter: LimitsFilter,
  rounds: readonly number[],
  release: Hammer["release"],
): Promise<{ readonly admitted: readonly number[]; readonly memory: Hammer["memory"] }> {
  const memory = createLimitsMemory(1024, () => 0.4);
  const start = new Int32Array(new SharedArrayBuffer(4));
  const threads = rounds.map((count, index) => {
    const holder = createLimitsHolder(memory, index + 1);
    const workerData: Hammer = {
      filter,
      memory,
      holder,
      rounds: count,
      clients: CLIENTS,
      start,
      threads: rounds.length,
      release,
    };
    return new Worker(new URL("../support/servers/limits-hammer.ts", import.meta.url), { workerData });
  });
  const results = await Promise.all(threads.map(async (thread) => ((await once(thread, "message")) as [number[]])[0]));
  await Promise.all(threads.map((thread) => thread.terminate()));
  const admitted = Array.from({ length: CLIENTS }, (_, client) =>
    results.reduce((sum, result) => sum + (result[client] ?? 0), 0),
  );
  return { admitted, memory };
}

describe.each([
  ["one thread", [4000]],
  ["two threads", [2000, 2000]],
  ["two threads, one of them busier", [3900, 100]],
  ["four threads", [1000, 1000, 1000, 1000]],
  ["four threads, one of them busier", [3700, 100, 100, 100]],
])("%s", (_name, rounds) => {
  test("admit the burst and one, for each client", async () => {
    const filter = filterOf({ requestsPerSecond: { rate: 10, burst: 500 } });
    const { admitted } = await hammer(filter, rounds, "each");
    expect(admitted).toEqual(Array.from({ length: CLIENTS }, () => 501));
  });

  test("hold as many places as there are, for each client, and give all of them back", async () => {
    const filter = filterOf({ connections: 50 });
    expect((await hammer(filter, rounds, "never")).admitted).toEqual(Array.from({ length: CLIENTS }, () => 50));
    const { memory } = await hammer(filter, rounds, "each");
    const limits = createLimits({ monotonicMs: () => 1_000_000, memory, holder: createLimitsHolder(memory, 99) });
    const compiled = compileLimits(filter);
    const verdicts = Array.from({ length: 51 }, () => limits.admit(compiled, "192.0.2.3"));
    expect(verdicts.filter((verdict) => verdict === "pass")).toHaveLength(50);
  });
});

test("what a dead thread held is free again, and nothing else", () => {
  const memory = createLimitsMemory(64, () => 0.4);
  const [dead, alive] = [createLimitsHolder(memory, 2), createLimitsHolder(memory, 3)];
  const [first, second] = [dead, alive].map((holder) => createLimits({ monotonicMs: () => 0, memory, holder }));
  const compiled = compileLimits(filterOf({ connections: 3 }));
  const admit = (limits: typeof first) => limits?.admit(compiled, "192.0.2.1");
  expect([admit(first), admit(first), admit(second), admit(second)]).toEqual([
    "pass",
    "pass",
    "pass",
    "connections-refused",
  ]);
  reclaimLimits(memory, dead);
  expect([admit(second), admit(second), admit(second)]).toEqual(["pass", "pass", "connections-refused"]);
});

test("a lock that a dead thread left is opened again", () => {
  const memory = createLimitsMemory(16, () => 0.4);
  const [dead, alive] = [createLimitsHolder(memory, 2), createLimitsHolder(memory, 3)];
  memory.locks.fill(dead.id);
  reclaimLimits(memory, dead);
  expect([...memory.locks]).toEqual([0]);
  memory.locks.fill(dead.id);
  const limits = createLimits({ monotonicMs: () => 0, memory, holder: alive });
  expect(limits.admit(compileLimits(filterOf({ connections: 1 })), "192.0.2.1")).toBe("pass");
  expect([...memory.locks]).toEqual([0]);
});
