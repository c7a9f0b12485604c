import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Load, LoadResult } from "../scenarios/scenario.ts";
import { parseH2load, parseLatencyLog, parseProgramOutput, parseWrk } from "./tool-output.ts";
import type { LoadTarget } from "./target.ts";
import { getScript, hostsScript, uploadScript } from "./wrk-scripts.ts";

const execute = promisify(execFile);
const PROGRAMS = resolve(import.meta.dirname, "../programs");
/** Tools end by themselves after the time they are told; one that does not is hung. */
const GRACE_MS = 20_000;
const OUTPUT_LIMIT_BYTES = 1 << 22;

export interface LoadOptions {
  readonly core: number;
  readonly seconds: number;
  /** For `rated`. */
  readonly requestsPerSecond: number;
  /** Folder for scripts and logs. */
  readonly scratch: string;
}

/** Makes load on one core for some seconds. Rejects when the tool fails; errors that the tool met are in the result. */
export async function runLoad(load: Load, target: LoadTarget, options: LoadOptions): Promise<LoadResult> {
  switch (load.kind) {
    case "wrk": {
      const script = load.hosts === 0 ? getScript(target) : hostsScript(load.hosts, target);
      return runWrk(load.connections, script, { target, options });
    }
    case "upload":
      return runWrk(load.connections, uploadScript(load.framing, target), { target, options });
    case "h2load": {
      const args = [`-c${load.connections}`, `-m${load.streams}`, ...h2loadTarget(target, options)];
      return parseH2load(await runPinned(["h2load", ...args], options));
    }
    case "rated":
      return runRated(load.connections, target, options);
    case "websocket":
      return runProgram("websocket-load.ts", load.connections, { target, options, session: "new" });
    case "handshake":
      return runProgram("handshake-load.ts", load.connections, { target, options, session: load.session });
    default:
      return load satisfies never;
  }
}

interface Destination {
  readonly target: LoadTarget;
  readonly options: LoadOptions;
}

async function runWrk(connections: number, script: string, { target, options }: Destination): Promise<LoadResult> {
  const file = join(options.scratch, "wrk.lua");
  writeFileSync(file, script);
  // The name, not the address: it is also the server name of TLS, by which Caddy chooses its site.
  const url = `${target.scheme}://localhost:${target.port}${target.path}`;
  const args = ["-t1", `-c${connections}`, `-d${options.seconds}s`, "--timeout", "20s", "-s", file, url];
  return parseWrk(await runPinned(["wrk", ...args], options));
}

async function runRated(connections: number, target: LoadTarget, options: LoadOptions): Promise<LoadResult> {
  const log = join(options.scratch, "latencies.log");
  const rate = Math.max(1, Math.round(options.requestsPerSecond / connections));
  const args = ["--h1", `-c${connections}`, `--rps=${rate}`, `--log-file=${log}`, ...h2loadTarget(target, options)];
  const result = parseH2load(await runPinned(["h2load", ...args], options));
  const latenciesMicros = parseLatencyLog(readFileSync(log, "utf8"));
  rmSync(log);
  return { ...result, latenciesMicros };
}

function h2loadTarget({ scheme, port, path }: LoadTarget, { seconds }: LoadOptions): readonly string[] {
  return ["-t1", "-D", String(seconds), `${scheme}://localhost:${port}${path}`];
}

async function runProgram(
  file: string,
  connections: number,
  { target, options, session }: Destination & { readonly session: "new" | "resumed" },
): Promise<LoadResult> {
  const { scheme, port, host, path } = target;
  const flags = { scheme, port, host, path, connections, seconds: options.seconds, session };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return parseProgramOutput(await runPinned([process.execPath, join(PROGRAMS, file), ...args], options));
}

async function runPinned(command: readonly string[], { core, seconds }: LoadOptions): Promise<string> {
  const { stdout, stderr } = await execute("taskset", ["-c", String(core), ...command], {
    maxBuffer: OUTPUT_LIMIT_BYTES,
    timeout: seconds * 1000 + GRACE_MS,
  });
  // wrk goes on with a plain GET when it does not understand its script.
  if (stderr.includes("wrk.lua")) throw new Error(stderr.trim());
  return stdout;
}
