import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

/** Which code ran on what. */
export function machineFacts(): { readonly revision: string; readonly machine: string } {
  const model = cpus()[0]?.model ?? "unknown CPU";
  return {
    revision: firstLine("git", ["-C", import.meta.dirname, "rev-parse", "--short", "HEAD"]) || "unknown",
    machine: `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
  };
}

/** The first line that a program prints, wherever it prints it, whatever its exit code is; empty when there is no such program. */
export function firstLine(program: string, args: readonly string[]): string {
  const script = 'command -v "$0" > /dev/null && "$0" "$@" 2>&1 | head -n 1';
  try {
    return execFileSync("sh", ["-c", script, program, ...args], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}
