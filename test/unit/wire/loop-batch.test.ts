import { beforeEach, expect, test } from "vitest";
import { endLoop, deferToLoopEnd } from "../../../src/wire/loop/loop-end.ts";
import { LoopBatch } from "../../../src/wire/wire.ts";

/** What was foreseen and handled, in order. */
let events: string[];
let batch: LoopBatch<string>;

/** The next iteration of the loop has so many things to write. */
function anIterationOf(writes: number): void {
  for (let i = 0; i < writes; i++) deferToLoopEnd({ endLoop: () => {} });
  endLoop();
}

beforeEach(() => {
  events = [];
  batch = new LoopBatch(
    (items) => void events.push(`prefetch ${items.join(" ")}`),
    (item) => void events.push(item),
  );
  anIterationOf(100);
});

test("in a busy loop all of an iteration are foreseen, then handled in their order, when it ends", () => {
  for (const item of ["a", "b", "c"]) batch.add(item);
  expect(events).toEqual([]);
  endLoop();
  expect(events).toEqual(["prefetch a b c", "a", "b", "c"]);
});

test("in a quiet loop each is handled when it comes", () => {
  anIterationOf(1);
  anIterationOf(1);
  batch.add("a");
  expect(events).toEqual(["a"]);
});

test("what comes while others are handled is handled in the same iteration", () => {
  const chain = new LoopBatch<number>(
    () => {},
    (n) => {
      events.push(String(n));
      if (n < 3) chain.add(n + 1);
    },
  );
  chain.add(1);
  endLoop();
  expect(events).toEqual(["1", "2", "3"]);
});

test("one that throws is told, and the others are handled all the same, each once", () => {
  const careless = new LoopBatch<string>(
    () => {},
    (item) => {
      events.push(item);
      if (item === "b") throw new Error("b is broken");
    },
  );
  for (const item of ["a", "b", "c", "d"]) careless.add(item);
  expect(endLoop).toThrow("b is broken");
  endLoop();
  expect(events).toEqual(["a", "b", "c", "d"]);
});
