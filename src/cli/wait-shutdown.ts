import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "./console.ts";
import { openProcessTable, type ProcessTable } from "./process-table.ts";

export interface WaitOptions {
  readonly say: (line: string) => void;
  readonly table: ProcessTable;
  readonly pauseMs: number;
  /** How long to wait at most; the kubelet ends a hook earlier, when the pod's grace period is over. */
  readonly limitMs: number;
  readonly wait: (ms: number) => Promise<unknown>;
}

const NOTHING_TO_STOP = 1;
const STILL_RUNNING = 1;
const HOUR_MS = 3_600_000;

/**
 * `headgate wait-shutdown`, for `preStop` hooks: sends SIGTERM to the controller of this container and returns when it has drained
 * and is gone. The kubelet's own SIGTERM comes after the hook: it would cut short what is still draining.
 */
export async function runWaitShutdown(environment: Environment): Promise<number> {
  const say = (line: string): void => environment.stderr.writeLine(`headgate wait-shutdown: ${line}`);
  return await waitForShutdown({ say, table: openProcessTable(), pauseMs: 200, limitMs: HOUR_MS, wait: sleep });
}

/** Resolves with the exit code: 0 once all controllers are gone. */
export async function waitForShutdown({ say, table, pauseMs, limitMs, wait }: WaitOptions): Promise<number> {
  const controllers = table.controllers().filter((id) => table.signal(id, "SIGTERM"));
  if (controllers.length === 0) {
    say("there is no controller to stop in this container");
    return NOTHING_TO_STOP;
  }
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += pauseMs) {
    if (!controllers.some((id) => table.isAlive(id))) return 0;
    await wait(pauseMs);
  }
  say("the controller is still running");
  return STILL_RUNNING;
}
