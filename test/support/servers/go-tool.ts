import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** A program of a Go module that the tests run. */
export interface GoTool {
  readonly name: string;
  readonly version: string;
  /** Folder of a module of ours whose go.mod and go.sum pin the program and all that it is made of. */
  readonly module: string;
  /** Import path of its main package. */
  readonly package: string;
  /** Five minutes where it is not said. */
  readonly buildLimitMs?: number;
}

const BUILD_LIMIT_MS = 300_000;

/** The binary, built once a machine; null, with a line that says why, where Go is missing or cannot build it. */
export async function goToolBinary(tool: GoTool): Promise<string | null> {
  const { name, module, package: path, buildLimitMs = BUILD_LIMIT_MS } = tool;
  const binary = goToolPath(tool);
  if (existsSync(binary)) return binary;
  await mkdir(dirname(binary), { recursive: true });
  // Under its name only when it is whole: another process may be building it too.
  const draft = `${binary}.${process.pid}`;
  const built = await runTool("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", draft, path], {
    folder: module,
    limitMs: buildLimitMs,
  });
  if (built.code !== 0) {
    await rm(draft, { force: true });
    console.warn(`${name} is skipped, it cannot be built: ${built.output.trim()}`);
    return null;
  }
  await rename(draft, binary);
  return binary;
}

/** Where the binary is, or would be. */
export function goToolPath({ name, version }: Pick<GoTool, "name" | "version">): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "headgate", `${name}-${version}`);
}

/** What a program printed, on both streams; its code is null when it took too long or could not be started. */
export async function runTool(
  command: string,
  args: readonly string[],
  { folder, limitMs }: { readonly folder: string; readonly limitMs: number },
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, args, {
    cwd: folder,
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
