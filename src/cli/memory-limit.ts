import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

/**
 * Bytes that this process may take: the least limit of its control group and of those around it, of either version, or the memory
 * of the machine. `runtimeBytes` is what Node knows of it, 0 for nothing.
 */
export function memoryLimitBytes(
  root = "/",
  totalBytes = totalmem(),
  runtimeBytes = process.constrainedMemory(),
): number {
  const groups = readOr(`${root}proc/self/cgroup`, "")
    .split("\n")
    .map((line) => line.split(":"));
  const limits = HIERARCHIES.flatMap(({ controller, folder, file }) => {
    const [, , ...path] = groups.find(([, controllers = "?"]) => controllers.split(",").includes(controller)) ?? [];
    return pathsUpwards(path.join(":")).map((group) => bytesOf(readOr(`${root}${folder}${group}/${file}`, "")));
  });
  return Math.min(totalBytes, ...[runtimeBytes, ...limits].filter((bytes) => bytes > 0));
}

/** Version 2 names no controllers. */
const HIERARCHIES = [
  { controller: "", folder: "sys/fs/cgroup", file: "memory.max" },
  { controller: "memory", folder: "sys/fs/cgroup/memory", file: "memory.limit_in_bytes" },
];

/** A group and all around it, the outermost last and always: in a container the path may be that of the host, which is not there. */
function pathsUpwards(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join("/")}`).concat("");
}

/** 0 where there is no limit. */
function bytesOf(text: string): number {
  return /^\d{1,19}$/.test(text) ? Number(text) : 0;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return otherwise;
  }
}
