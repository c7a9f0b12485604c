import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { runUntilSignal, type ShutdownSteps } from "../../src/cli/shutdown.ts";
import { silentLogger } from "../../src/lib/logger.ts";

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
    const times: { readonly name: string; readonly atMs: number }[] = [];
    const note = (name: string) => times.push({ name, atMs: performance.now() });
    const { steps } = recordedSteps({
      graceMs: 60,
      failHealth: () => note("health"),
      drain: async () => void note("drain"),
    });
    const exit = runUntilSignal(signals, silentLogger, steps);
    signals.emit("SIGTERM");
    await exit;
    expect(times.map(({ name }) => name)).toEqual(["health", "drain"]);
    expect((times[1]?.atMs ?? 0) - (times[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(55);
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
