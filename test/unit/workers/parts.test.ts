import { expect, test } from "vitest";
import type { ModelDelta } from "../../../src/model/model.ts";
import { ModelCopy } from "../../../src/workers/model-copy.ts";
import { Publications } from "../../../src/workers/publications.ts";
import { RestartDelay } from "../../../src/workers/restart-delay.ts";
import { buildDelta, type DeltaParts } from "../../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";

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

function hosts(...names: readonly string[]): DeltaParts {
  return { hosts: names.map((name) => buildHost(name, [buildRoute(name, "prefix", "/")])) };
}

function idsOf(pieces: Iterable<ModelDelta>): string[] {
  return [...pieces].flatMap(({ virtualHosts }) => [...virtualHosts.keys()]);
}

test("a copy of the model gives nothing before the first delta", () => {
  expect([...new ModelCopy().pieces(10)]).toEqual([]);
});

test("a copy of the model has all that was set, none of what was removed, in pieces of limited size", () => {
  const copy = new ModelCopy();
  copy.apply(buildDelta({ ...hosts("a", "b", "c", "d"), settings: { hideHeaders: ["x"] } }));
  copy.apply({ ...buildDelta(hosts("e")), virtualHosts: new Map([["b", null]]) });
  const pieces = [...copy.pieces(2)];
  expect(idsOf(pieces)).toEqual(["a", "c", "d"]);
  expect(pieces.map(({ virtualHosts }) => virtualHosts.size).filter((size) => size > 0)).toEqual([2, 1]);
  expect(pieces.flatMap(({ upstreams }) => [...upstreams.keys()])).toHaveLength(5);
  expect(pieces.filter(({ settings }) => settings?.hideHeaders[0] === "x")).toHaveLength(1);
});

test("what changes while the pieces are sent is in the pieces to come", () => {
  const copy = new ModelCopy();
  copy.apply(buildDelta(hosts("a", "b", "c")));
  const sent: string[] = [];
  for (const { virtualHosts } of copy.pieces(1)) {
    sent.push(...virtualHosts.keys());
    if (virtualHosts.has("a")) copy.apply({ ...NOTHING, virtualHosts: new Map([["c", null]]) });
    if (virtualHosts.has("b")) copy.apply(buildDelta(hosts("d")));
  }
  expect(sent).toEqual(["a", "b", "d"]);
});
