import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { automaticWorkers, logMemory, neededMemoryMb, workerHeapLimitMb } from "../../../src/cli/memory-needs.ts";
import { memoryLimitBytes } from "../../../src/cli/memory-limit.ts";
import type { Logger } from "../../../src/lib/logger.ts";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

const MACHINE = 64_000;

/** A machine with these files, of which Node knows a limit or, with 0, none. */
function limitOf(files: Readonly<Record<string, string>>, runtimeBytes = 0): number {
  const root = mkdtempSync(join(tmpdir(), "memory-"));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return memoryLimitBytes(`${root}/`, MACHINE, runtimeBytes);
}

const V1 = { "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/pod/one\n2:cpuset:/x" };
const V2 = { "proc/self/cgroup": "0::/pod/one" };

describe("the memory that there is", () => {
  it.each([
    ["that of the machine where nothing limits it", {}, 0, MACHINE],
    ["what Node knows", {}, 500, 500],
    ["that of the machine where Node names more", {}, 2 ** 64, MACHINE],
    ["the limit of a group of version 2", { ...V2, "sys/fs/cgroup/pod/one/memory.max": "700" }, 0, 700],
    ["the limit around the group", { ...V2, "sys/fs/cgroup/pod/memory.max": "600" }, 900, 600],
    ["the limit at the root of a container's own view", { ...V2, "sys/fs/cgroup/memory.max": "800" }, 0, 800],
    ["no limit where there is max", { ...V2, "sys/fs/cgroup/pod/one/memory.max": "max" }, 0, MACHINE],
    [
      "the limit of a group of version 1",
      { ...V1, "sys/fs/cgroup/memory/pod/one/memory.limit_in_bytes": "700" },
      0,
      700,
    ],
    ["the limit in a container of version 1", { ...V1, "sys/fs/cgroup/memory/memory.limit_in_bytes": "400" }, 0, 400],
    [
      "that of the machine for version 1's way to say none",
      { ...V1, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" },
      0,
      MACHINE,
    ],
    ["that of the machine where a file makes no sense", { ...V2, "sys/fs/cgroup/memory.max": "-1" }, 0, MACHINE],
  ])("is %s", (_name, files, runtimeBytes, bytes) => {
    expect(limitOf(files, runtimeBytes)).toBe(bytes);
  });
});

describe("automatic workers", () => {
  it.each([
    [8, 65_536, 8],
    [8, 256, 5],
    [2, 256, 2],
    [8, 128, 1],
    [8, 64, 1],
  ])("of %i processors and %i MiB are %i", (cpus, availableMb, workers) => {
    expect(automaticWorkers(cpus, availableMb)).toBe(workers);
  });

  it("never need more than there is, unless one is too many", () => {
    for (let availableMb = 1; availableMb < 1_024; availableMb++) {
      const workers = automaticWorkers(64, availableMb);
      expect(workers === 1 || neededMemoryMb(workers) <= availableMb).toBe(true);
    }
  });
});

describe("the heap of a worker", () => {
  it.each([
    [1, 512, 128],
    [2, 2_048, 384],
    [2, 65_536, 2_048],
  ])("of %i in %i MiB is at most %i MiB", (workers, availableMb, heapMb) => {
    expect(workerHeapLimitMb(workers, availableMb)).toBe(heapMb);
  });
});

describe("the line at the start", () => {
  it.each([
    [1, 256, "info"],
    [8, 256, "warn"],
  ])("for %i workers and %i MiB says what is needed and what is there: %s", (workers, availableMb, level) => {
    const lines: unknown[] = [];
    const keep = (name: string) => (fields: object) => void lines.push([name, fields]);
    const logger: Logger = { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
    logMemory(logger, workers, availableMb);
    expect(lines).toEqual([[level, { workers, neededMb: neededMemoryMb(workers), availableMb }]]);
  });
});
