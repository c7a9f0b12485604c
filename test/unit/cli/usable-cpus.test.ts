import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { usableCpus } from "../../../src/cli/usable-cpus.ts";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A machine of eight processors with these files. */
function cpusOf(files: Readonly<Record<string, string>>): number {
  const root = mkdtempSync(join(tmpdir(), "cpus-"));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return usableCpus(`${root}/`, 8);
}

const OWN = { "proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/pod/one\n2:cpuset:/pod/one" };

describe("the processors that may be used", () => {
  test("are those that Node names where no group of version 1 has a quota", () => {
    expect(cpusOf({})).toBe(8);
    expect(cpusOf({ "proc/self/cgroup": "0::/" })).toBe(8);
  });

  test.each([
    ["200000", 2],
    ["150000", 2],
    ["10000", 1],
    ["-1", 8],
    ["1600000", 8],
    ["", 8],
  ])("by a quota of %j are %i", (quota, count) => {
    const group = "sys/fs/cgroup/cpu,cpuacct/pod/one";
    const files = { [`${group}/cpu.cfs_quota_us`]: quota, [`${group}/cpu.cfs_period_us`]: "100000" };
    expect(cpusOf({ ...OWN, ...files })).toBe(count);
  });

  test("are found where a container sees its group as the root", () => {
    const group = "sys/fs/cgroup/cpu";
    const files = { [`${group}/cpu.cfs_quota_us`]: "300000", [`${group}/cpu.cfs_period_us`]: "100000" };
    expect(cpusOf({ ...OWN, ...files })).toBe(3);
  });

  test("are limited by the own group before that of the root", () => {
    const files = Object.fromEntries(
      [
        ["cpu,cpuacct/pod/one", "100000"],
        ["cpu,cpuacct", "500000"],
      ].flatMap(([group, quota]) => [
        [`sys/fs/cgroup/${group}/cpu.cfs_quota_us`, quota],
        [`sys/fs/cgroup/${group}/cpu.cfs_period_us`, "100000"],
      ]),
    ) as Record<string, string>;
    expect(cpusOf({ ...OWN, ...files })).toBe(1);
  });

  test("are one at least", () => {
    expect(usableCpus("/nowhere/", 1)).toBe(1);
  });
});
