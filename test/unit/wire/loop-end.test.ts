import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, expect, test, vi } from "vitest";
import type * as LoopEnd from "../../../src/wire/loop/loop-end.ts";

type LoopEndModule = typeof LoopEnd;

let loop: LoopEndModule;
/** What was done, in order. */
let done: string[];

beforeEach(async () => {
  vi.resetModules();
  loop = await import("../../../src/wire/loop/loop-end.ts");
  done = [];
});

function task(name: string): Parameters<LoopEndModule["deferToLoopEnd"]>[0] {
  return { endLoop: () => void done.push(name) };
}

/** Asks for so many tasks in one iteration of the loop, and ends it. Gives how many were to wait. */
function iterate(tasks: number): number {
  const waiting = Array.from({ length: tasks }, (_, i) => loop.deferToLoopEnd(task(`task ${i}`))).filter(
    Boolean,
  ).length;
  loop.endLoop();
  return waiting;
}

test("with little going on nothing waits, however long that lasts", () => {
  for (let i = 0; i < 200; i++) expect(iterate(2)).toBe(0);
  expect(done).toEqual([]);
});

test("with much going on tasks wait, and are done in their order when the loop ends", () => {
  iterate(100);
  expect(iterate(3)).toBe(3);
  expect(done).toEqual(["task 0", "task 1", "task 2"]);
});

test("one quiet iteration is enough for nothing to wait any more", () => {
  iterate(100);
  expect(iterate(2)).toBe(2);
  expect(iterate(2)).toBe(0);
});

test("the loop itself ends what waits, in the same iteration", async () => {
  iterate(100);
  loop.deferToLoopEnd(task("first"));
  await nextTurn();
  expect(done).toEqual(["first"]);
});

test("what is asked for while the loop ends is done in the same one", () => {
  iterate(100);
  loop.deferToLoopEnd({ endLoop: () => void loop.deferToLoopEnd(task("second")) });
  loop.endLoop();
  expect(done).toEqual(["second"]);
});

test.each([0, 1, 2])("a task that throws takes none of the others with it, with %i behind it", async (behind) => {
  iterate(100);
  done = [];
  loop.deferToLoopEnd(task("first"));
  loop.deferToLoopEnd({
    endLoop: () => {
      throw new Error("a fault");
    },
  });
  for (let i = 0; i < behind; i++) loop.deferToLoopEnd(task("behind"));
  expect(() => loop.endLoop()).toThrow("a fault");
  expect(done).toEqual(["first"]);
  await nextTurn();
  await nextTurn();
  expect(done).toEqual(["first", ...Array.from({ length: behind }, () => "behind")]);
  iterate(100);
  expect(iterate(3)).toBe(3);
});
