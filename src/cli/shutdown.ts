import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../lib/logger.ts";

export interface ShutdownSteps {
  /** Health fails from now on; new clients are still served. */
  readonly failHealth: () => void;
  /** `--shutdown-grace-period`: how long to go on serving, so that load balancers notice. */
  readonly graceMs: number;
  /** Stops accepting, and lets running exchanges and tunnels finish for at most that long. */
  readonly drain: (limitMs: number) => Promise<void>;
  readonly drainLimitMs: number;
  readonly stop: () => Promise<void>;
}

/** Where signals come from: `process`, or a test. */
export interface SignalSource {
  on(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown;
  off(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
const AT_ONCE = 1;

/**
 * Waits for SIGTERM or SIGINT, then runs the steps in ingress-nginx's order and resolves with the exit code 0. A second signal
 * resolves at once with 1: whatever is still open is cut off by the exit.
 */
export async function runUntilSignal(source: SignalSource, logger: Logger, steps: ShutdownSteps): Promise<number> {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<number>();
  let signals = 0;
  const onSignal = (): void => {
    signals++;
    if (signals === 1) first.resolve();
    else second.resolve(AT_ONCE);
  };
  for (const signal of SIGNALS) source.on(signal, onSignal);
  try {
    await first.promise;
    return await Promise.race([shutDown(logger, steps), second.promise]);
  } finally {
    for (const signal of SIGNALS) source.off(signal, onSignal);
  }
}

async function shutDown(
  logger: Logger,
  { failHealth, graceMs, drain, drainLimitMs, stop }: ShutdownSteps,
): Promise<number> {
  failHealth();
  logger.info({ graceMs, drainLimitMs }, "shutting down; a second signal exits at once");
  if (graceMs > 0) await sleep(graceMs);
  await drain(drainLimitMs);
  await stop();
  return 0;
}
