import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openProcessTable, type ProcessId, type ProcessTable } from "../../../src/cli/process-table.ts";
import { waitForShutdown } from "../../../src/cli/wait-shutdown.ts";

let proc = "";

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), "headgate-proc-"));
  addProcess("self", { cmdline: ["node", "/app/dist/main.js", "wait-shutdown"] });
});

afterEach(() => {
  rmSync(proc, { recursive: true });
});

interface Entry {
  readonly cmdline: readonly string[];
  readonly cgroup?: string;
  readonly state?: string;
  readonly startedAt?: string;
}

function addProcess(pid: string, { cmdline, cgroup = "0::/", state = "S", startedAt = "77" }: Entry): void {
  mkdirSync(join(proc, pid), { recursive: true });
  writeFileSync(join(proc, pid, "cmdline"), `${cmdline.join("\0")}\0`);
  writeFileSync(join(proc, pid, "cgroup"), `${cgroup}\n`);
  writeFileSync(join(proc, pid, "stat"), `${pid} (no) de) ${state} ${"0 ".repeat(18)}${startedAt} 0 0\n`);
}

const CONTROLLER = ["/usr/local/bin/node", "/app/dist/main.js", "controller", "--v=2"];

describe("the process table of a container", () => {
  it("finds the controller, and nothing else", () => {
    addProcess("1", { cmdline: CONTROLLER });
    addProcess("7", { cmdline: ["/usr/local/bin/node", "/app/dist/main.js", "dev"] });
    addProcess("8", { cmdline: ["/bin/cat", "/app/dist/main.js", "controller"] });
    addProcess("9", { cmdline: ["/usr/local/bin/node", "/usr/local/bin/headgate", "controller"] });
    addProcess("10", { cmdline: ["node", "/app/bin/headgate.cjs", "controller"] });
    addProcess("11", { cmdline: ["node", "--disable-sigusr1", "/app/dist/main.js", "controller"] });
    addProcess("12", { cmdline: ["node", "--disable-sigusr1"] });
    const ids = openProcessTable(proc).controllers();
    expect(ids.map(({ pid }) => pid).toSorted((a, b) => a - b)).toEqual([1, 9, 10, 11]);
    expect(ids.every(({ startedAt }) => startedAt === "77")).toBe(true);
  });

  it("leaves the controllers of other containers alone where pods share their processes", () => {
    addProcess("40", { cmdline: CONTROLLER, cgroup: "0::/../other" });
    expect(openProcessTable(proc).controllers()).toEqual([]);
  });

  it("takes a zombie, a missing process and a number used again for gone", () => {
    const table = openProcessTable(proc);
    addProcess("5", { cmdline: CONTROLLER });
    addProcess("6", { cmdline: CONTROLLER, state: "Z" });
    const alive = [
      { pid: 5, startedAt: "77" },
      { pid: 5, startedAt: "76" },
      { pid: 6, startedAt: "77" },
      { pid: 99, startedAt: "77" },
    ].map((id) => table.isAlive(id));
    expect(alive).toEqual([true, false, false, false]);
  });
});

describe("headgate wait-shutdown", () => {
  it("sends SIGTERM once and returns when the controller is gone", async () => {
    const world = new FakeProcesses([{ pid: 1, startedAt: "1" }], 3);
    expect(await run(world)).toEqual([0, ""]);
    expect([world.signals, world.waits]).toEqual([[1], 3]);
  });

  it("says so when there is nothing to stop", async () => {
    expect(await run(new FakeProcesses([], 0))).toEqual([1, expect.stringContaining("no controller to stop")]);
  });

  it("gives up at its limit", async () => {
    const world = new FakeProcesses([{ pid: 1, startedAt: "1" }], Number.POSITIVE_INFINITY);
    expect(await run(world)).toEqual([1, expect.stringContaining("still running")]);
    expect(world.waits).toBe(10);
  });
});

/** Processes that are gone after some pauses. */
class FakeProcesses implements ProcessTable {
  readonly signals: number[] = [];
  waits = 0;
  readonly #ids: readonly ProcessId[];
  readonly #lifeWaits: number;

  constructor(ids: readonly ProcessId[], lifeWaits: number) {
    this.#ids = ids;
    this.#lifeWaits = lifeWaits;
  }

  controllers(): readonly ProcessId[] {
    return this.#ids;
  }

  isAlive(): boolean {
    return this.waits < this.#lifeWaits;
  }

  signal({ pid }: ProcessId): boolean {
    this.signals.push(pid);
    return true;
  }
}

async function run(world: FakeProcesses): Promise<readonly [number, string]> {
  let said = "";
  const say = (line: string): void => void (said += line);
  const wait = async (): Promise<void> => void world.waits++;
  const code = await waitForShutdown({ say, table: world, pauseMs: 100, limitMs: 1_000, wait });
  return [code, said];
}
