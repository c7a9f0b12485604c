import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Its version and all that it is made of are pinned by go.mod and go.sum of that folder. */
const MODULE = join(import.meta.dirname, "h2spec");
const VERSION = "2.2.1";
const PACKAGE = "github.com/summerwind/h2spec/cmd/h2spec";
const BUILD_LIMIT_MS = 300_000;
const RUN_LIMIT_MS = 110_000;

/** What h2spec found. */
export interface H2SpecReport {
  /** `146 tests, 146 passed, 0 skipped, 0 failed` */
  readonly summary: string;
  /** Descriptions of the cases that failed. */
  readonly failed: readonly string[];
  readonly output: string;
}

/** The binary, built once a machine; null, with a line that says why, where Go is missing or cannot build it. */
export async function h2specBinary(): Promise<string | null> {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "headgate");
  const binary = join(folder, `h2spec-${VERSION}`);
  if (existsSync(binary)) return binary;
  await mkdir(folder, { recursive: true });
  // Under its name only when it is whole: another process may be building it too.
  const draft = `${binary}.${process.pid}`;
  const built = await run("go", ["build", "-trimpath", "-o", draft, PACKAGE], BUILD_LIMIT_MS);
  if (built.code !== 0) {
    await rm(draft, { force: true });
    console.warn(`h2spec is skipped, it cannot be built: ${built.output.trim()}`);
    return null;
  }
  await rename(draft, binary);
  return binary;
}

/** Runs all cases, the strict ones included, against 127.0.0.1. */
export async function runH2Spec(binary: string, port: number, transport: "tls" | "plain"): Promise<H2SpecReport> {
  const tls = transport === "tls" ? ["--tls", "--insecure"] : [];
  const args = ["--strict", ...tls, "--host", "127.0.0.1", "--port", String(port), "--timeout", "2"];
  const { output } = await run(binary, args, RUN_LIMIT_MS);
  const failures = output.slice(Math.max(0, output.indexOf("Failures:")));
  return {
    summary: /^\d+ tests, .*$/m.exec(output)?.[0] ?? "no summary",
    failed: output.includes("Failures:") ? [...failures.matchAll(/× \d+: (.*)$/gm)].map((match) => match[1] ?? "") : [],
    output,
  };
}

async function run(
  command: string,
  args: readonly string[],
  limitMs: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, args, {
    cwd: MODULE,
    // No other Go than the one that is here, and no other modules than the pinned ones.
    env: { ...process.env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local" },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(limitMs),
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, output };
  } catch (error) {
    return { code: null, output: `${output}${String(error)}` };
  }
}
