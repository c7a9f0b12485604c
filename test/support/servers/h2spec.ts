import { join } from "node:path";
import { goToolBinary, runTool } from "./go-tool.ts";

const MODULE = join(import.meta.dirname, "h2spec");
const RUN_LIMIT_MS = 110_000;

/** What h2spec found. */
export interface H2SpecReport {
  /** `146 tests, 146 passed, 0 skipped, 0 failed` */
  readonly summary: string;
  /** Descriptions of the cases that failed. */
  readonly failed: readonly string[];
  readonly output: string;
}

/** The binary; null where it cannot be had. */
export async function h2specBinary(): Promise<string | null> {
  const path = "github.com/summerwind/h2spec/cmd/h2spec";
  return await goToolBinary({ name: "h2spec", version: "2.2.1", module: MODULE, package: path });
}

/** Runs all cases, the strict ones included, against 127.0.0.1. */
export async function runH2Spec(binary: string, port: number, transport: "tls" | "plain"): Promise<H2SpecReport> {
  const tls = transport === "tls" ? ["--tls", "--insecure"] : [];
  const args = ["--strict", ...tls, "--host", "127.0.0.1", "--port", String(port), "--timeout", "2"];
  const { output } = await runTool(binary, args, { folder: MODULE, limitMs: RUN_LIMIT_MS });
  const failures = output.slice(Math.max(0, output.indexOf("Failures:")));
  return {
    summary: /^\d+ tests, .*$/m.exec(output)?.[0] ?? "no summary",
    failed: output.includes("Failures:") ? [...failures.matchAll(/× \d+: (.*)$/gm)].map((match) => match[1] ?? "") : [],
    output,
  };
}
