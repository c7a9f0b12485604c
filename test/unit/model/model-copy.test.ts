import { expect, test } from "vitest";
import { onlyShard } from "../../../src/model/delta.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import { ModelCopy } from "../../../src/model/model-copy.ts";
import { buildDelta, type DeltaParts } from "../../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";

const NOTHING = buildDelta({});

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
  expect(pieces.filter(({ settings }) => onlyShard(settings)?.dataPlane.hideHeaders[0] === "x")).toHaveLength(1);
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
