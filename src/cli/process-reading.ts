import { readFileSync } from "node:fs";
import type { ProcessReading } from "../observability/observability.ts";

/** Reads a few small files of /proc, where there are any. */
export function readProcess(nowMs: number): ProcessReading {
  const { user, system } = process.cpuUsage();
  const io = readText("/proc/self/io");
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    virtualBytes: kibibytes(readText("/proc/self/status"), "VmSize"),
    startedAtSeconds: Math.round(nowMs / 1000 - process.uptime()),
    readBytes: number(io, "rchar"),
    writtenBytes: number(io, "wchar"),
  };
}

/** Files and sockets that this process may have open; Infinity where that is not known. */
export function readDescriptorLimit(): number {
  const soft = /^Max open files +(\d+)/m.exec(readText("/proc/self/limits"))?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

function kibibytes(text: string, key: string): number | null {
  const value = number(text, key);
  return value === null ? null : value * 1024;
}

function number(text: string, key: string): number | null {
  const line = text.split("\n").find((one) => one.startsWith(`${key}:`));
  const value = Number.parseInt(line?.slice(key.length + 1) ?? "", 10);
  return Number.isNaN(value) ? null : value;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
