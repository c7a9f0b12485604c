import { EventEmitter } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { runUntilSignal, type ShutdownSteps } from "../../../src/cli/shutdown.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { manyTurns } from "../../support/waiting/waiting.ts";

/** The pauses of a shutdown: each lasts until the test ends it. */
const pauses = vi.hoisted((): { readonly ms: number; readonly end: () => void }[] => []);

vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => {
    const over = Promise.withResolvers<void>();
    pauses.push({ ms, end: over.resolve });
    return over.promise;
  },
}));

function recordedSteps(overrides: Partial<ShutdownSteps> = {}) {
  const order: string[] = [];
  const steps: ShutdownSteps = {
    failHealth: () => order.push("health fails"),
    graceMs: 0,
    drain: async (limitMs) => {
      order.push(`drain ${limitMs}`);
    },
    drainLimitMs: 240_000,
    stop: async () => {
      order.push("stop");
    },
    ...overrides,
  };
  return { order, steps };
}

describe("shutting down", () => {
  test.each(["SIGTERM", "SIGINT"])(
    "on %s health fails first, then connections drain, then everything stops",
    async (signal) => {
      const signals = new EventEmitter();
      const { order, steps } = recordedSteps();
      const exit = runUntilSignal(signals, silentLogger, steps);
      expect(order).toEqual([]);
      signals.emit(signal);
      expect(await exit).toBe(0);
      expect(order).toEqual(["health fails", "drain 240000", "stop"]);
    },
  );

  test("health fails before the grace period, and draining starts after it", async () => {
    const signals = new EventEmitter();
    const { order, steps } = recordedSteps({ graceMs: 5000 });
    const exit = runUntilSignal(signals, silentLogger, steps);
    signals.emit("SIGTERM");
    await manyTurns();
    const [pause, ...others] = pauses.splice(0);
    expect([order, pause?.ms, others]).toEqual([["health fails"], 5000, []]);
    pause?.end();
    expect(await exit).toBe(0);
    expect(order).toEqual(["health fails", "drain 240000", "stop"]);
  });

  test("a second signal ends the wait for connections at once", async () => {
    const signals = new EventEmitter();
    const { steps } = recordedSteps({ drain: () => new Promise(() => {}) });
    const exit = runUntilSignal(signals, silentLogger, steps);
    signals.emit("SIGTERM");
    signals.emit("SIGINT");
    expect(await exit).toBe(1);
  });

  test("leaves no signal listener behind", async () => {
    const signals = new EventEmitter();
    const { steps } = recordedSteps();
    const exit = runUntilSignal(signals, silentLogger, steps);
    signals.emit("SIGTERM");
    await exit;
    expect(signals.listenerCount("SIGTERM") + signals.listenerCount("SIGINT")).toBe(0);
  });
});
