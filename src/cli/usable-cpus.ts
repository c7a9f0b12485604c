import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * How many processors this process may keep busy: those it may run on, or fewer by the quota of its control group, parts of one
 * counting whole. Node knows the quota of cgroup v2; in a container of cgroup v1 it looks for the path that the group has on the host.
 */
export function usableCpus(root = "/", runnable = availableParallelism()): number {
  const paths = [ownGroup(root), ""].flatMap((group) =>
    CONTROLLERS.map((name) => `${root}sys/fs/cgroup/${name}${group}`),
  );
  const quotas = paths.flatMap((path) => readQuota(path) ?? []);
  return Math.max(1, Math.min(runnable, ...quotas.slice(0, 1)));
}

const CONTROLLERS = ["cpu,cpuacct", "cpu"];

/** Path of the group that limits processor time, as the host sees it; empty where there is none. */
function ownGroup(root: string): string {
  const lines = readOr(`${root}proc/self/cgroup`, "").split("\n");
  // `4:cpu,cpuacct:/path`; the path may hold colons.
  const parts = lines.map((line) => line.split(":")).find(([, names]) => names?.split(",").includes("cpu"));
  const path = parts?.slice(2).join(":") ?? "";
  return path === "/" ? "" : path;
}

/** Whole processors; null where there is no limit. */
function readQuota(path: string): number | null {
  const quota = Number(readOr(`${path}/cpu.cfs_quota_us`, "-1"));
  const period = Number(readOr(`${path}/cpu.cfs_period_us`, "-1"));
  return quota > 0 && period > 0 ? Math.ceil(quota / period) : null;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return otherwise;
  }
}
