import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { exitOnCrash } from "../../../src/cli/crash.ts";
import type { Logger } from "../../../src/lib/logger.ts";

const silent = (): void => {};

interface World {
  readonly source: EventEmitter;
  /** What happened, in order. */
  readonly steps: string[];
}

/** A process whose logging and ending do what the test says. */
function crashable(behaviour: { log?: (world: World) => void; flushed?: (world: World) => void } = {}): World {
  const world: World = { source: new EventEmitter(), steps: [] };
  const error = (): void => {
    world.steps.push("log");
    behaviour.log?.(world);
  };
  const logger: Logger = { debug: silent, info: silent, warn: silent, error };
  exitOnCrash(world.source, logger, {
    flushed: () => {
      world.steps.push("flush");
      behaviour.flushed?.(world);
    },
    now: () => void world.steps.push("end"),
  });
  return world;
}

const broken = (): never => {
  throw new Error("EPIPE");
};

describe("an exception that nobody caught", () => {
  it.each(["uncaughtException", "unhandledRejection"])("is logged and ends the process: %s", (event) => {
    const world = crashable();
    world.source.emit(event, new Error("a bug"));
    expect(world.steps).toEqual(["log", "flush"]);
  });

  it("ends the process at once when it cannot be logged", () => {
    const world = crashable({ log: broken });
    world.source.emit("uncaughtException", new Error("a bug"));
    expect(world.steps).toEqual(["log", "end"]);
  });

  it("ends the process at once when the log cannot be written out", () => {
    const world = crashable({ flushed: broken });
    world.source.emit("uncaughtException", new Error("a bug"));
    expect(world.steps).toEqual(["log", "flush", "end"]);
  });

  it.each(["log", "flushed"] as const)("is not handled again when it comes out of its own handling: %s", (step) => {
    const again = ({ source }: World): void => void source.emit("unhandledRejection", new Error("again"));
    const world = crashable({ [step]: again });
    world.source.emit("uncaughtException", new Error("a bug"));
    expect(world.steps.filter((one) => one === "log")).toHaveLength(1);
    expect(world.steps.filter((one) => one === "flush").length).toBeLessThan(2);
    expect(world.steps).toContain("end");
  });
});
