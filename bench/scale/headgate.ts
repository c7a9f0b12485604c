import { mkdtempSync } from "node:fs";
import { join, resolve } from "node:path";
import { freePort, type Running, startPinned } from "../support/processes.ts";
import { untilReady } from "../support/until-ready.ts";
import { NAMESPACE } from "./objects.ts";

/** `headgate controller` on all cores. */
export interface StartedHeadgate {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly adminPort: number;
  /** From the start of the process to the first good answer of `/readyz`. */
  readonly readyAfterMs: number;
  readonly running: Running;
  /** Where it logs, one JSON object a line. */
  readonly logFile: string;
}

const MAIN = resolve(import.meta.dirname, "../../src/main.ts");
const READY_DEADLINE_MS = 120_000;
const LOOK_EVERY_MS = 10;

export interface HeadgateOptions {
  readonly directory: string;
  readonly workers: number;
  readonly nodeOptions: readonly string[];
  /** What Node runs; the program's source unless it says otherwise. */
  readonly main?: string;
  /** Further flags, without dashes. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** Starts Headgate on an API server and waits until it is ready. */
export async function startOnCluster(kubeconfig: string, options: HeadgateOptions): Promise<StartedHeadgate> {
  const { directory, workers, nodeOptions, flags: more, main = MAIN } = options;
  const own = mkdtempSync(join(directory, "headgate-"));
  const [httpPort, httpsPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const flags = {
    kubeconfig,
    configmap: `${NAMESPACE}/headgate`,
    "bind-address": "127.0.0.1",
    "http-port": httpPort,
    "https-port": httpsPort,
    "healthz-host": "127.0.0.1",
    "healthz-port": adminPort,
    "worker-processes": workers,
    ...more,
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const logFile = join(own, "error.log");
  const startMs = performance.now();
  const running = await startPinned({
    command: [process.execPath, ...nodeOptions, main, "controller", ...args],
    core: "all",
    port: httpPort,
    stdoutFile: join(own, "out.log"),
    stderrFile: logFile,
  });
  try {
    await untilReady(adminPort, {
      deadlineMs: READY_DEADLINE_MS,
      lookEveryMs: LOOK_EVERY_MS,
      alive: () => running.alive(),
    });
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { httpPort, httpsPort, adminPort, running, logFile, readyAfterMs: performance.now() - startMs };
}
