import { expect, test } from "vitest";
import { Publications } from "../../../src/workers/publications.ts";
import { RestartDelay } from "../../../src/workers/restart-delay.ts";
import { buildDelta } from "../../support/builders/model-builder.ts";

const NOTHING = buildDelta({});

function openPublications() {
  const live: { readonly generation: number; readonly failed: boolean }[] = [];
  const clock = { nowMs: () => 0, monotonicMs: () => 7 };
  const publications = new Publications(clock, ({ generation, failed }) => live.push({ generation, failed }));
  return { publications, live };
}

test("a publication is live when every worker has answered", () => {
  const { publications, live } = openPublications();
  const generation = publications.open(NOTHING, 5, [2, 3]);
  publications.answer(2, generation, "applied");
  expect(live).toEqual([]);
  publications.answer(3, generation, "failed");
  expect(live).toEqual([{ generation, failed: true }]);
});

test("a worker that died is not waited for", () => {
  const { publications, live } = openPublications();
  publications.open(NOTHING, 5, [2, 3]);
  publications.open(NOTHING, 5, [2, 3]);
  publications.answer(2, 1, "applied");
  publications.leave(3);
  expect(live.map(({ generation }) => generation)).toEqual([1]);
  publications.answer(2, 2, "applied");
  expect(live.map(({ generation }) => generation)).toEqual([1, 2]);
});

test("publications become live in their order, whoever answers first", () => {
  const { publications, live } = openPublications();
  publications.open(NOTHING, 5, [2]);
  publications.open(NOTHING, 5, [3]);
  publications.answer(3, 2, "applied");
  expect(live).toEqual([]);
  publications.answer(2, 1, "applied");
  expect(live.map(({ generation }) => generation)).toEqual([1, 2]);
});

test("five deaths a minute are repaired at once, then the pauses grow to ten seconds", () => {
  const delay = new RestartDelay();
  const delays = Array.from({ length: 14 }, (_, i) => delay.next(i * 100));
  expect(delays).toEqual([0, 0, 0, 0, 0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect(delay.next(10 * 60_000)).toBe(0);
});
