import { expect, test } from "vitest";
import {
  createDescriptorCells,
  type DescriptorMemory,
  DescriptorQuota,
  reclaimDescriptors,
  shareDescriptors,
} from "../../../src/lib/descriptor-quota.ts";

/** Views of two threads with room for two clients and three endpoints. */
function openTwo(): readonly [DescriptorMemory, DescriptorMemory] {
  const shares = { clients: 2, endpoints: 3, threads: 2 };
  const all = createDescriptorCells();
  return [
    { shares, all, own: createDescriptorCells() },
    { shares, all, own: createDescriptorCells() },
  ];
}

test.each([
  [256, 1, 88],
  [1024, 4, 448],
  [20_000, 8, 9904],
  [64, 1, 8],
  [Number.POSITIVE_INFINITY, 4, Number.POSITIVE_INFINITY],
])("of %d descriptors among %d threads, clients and endpoints get %d each", (limit, threads, each) => {
  expect(shareDescriptors(limit, threads)).toEqual({ clients: each, endpoints: each, threads });
});

test("threads count together, each side on its own", () => {
  const [one, other] = openTwo();
  const clients = new DescriptorQuota(one, "clients");
  expect([clients.take(), new DescriptorQuota(other, "clients").take(), clients.take()]).toEqual([true, true, false]);
  expect(new DescriptorQuota(other, "endpoints").take()).toBe(true);
  clients.give();
  expect(clients.take()).toBe(true);
});

test("what a dead thread held is free again, and only that", () => {
  const [one, other] = openTwo();
  const lost = new DescriptorQuota(one, "clients");
  const left = new DescriptorQuota(other, "clients");
  lost.take();
  left.take();
  reclaimDescriptors(one);
  expect([left.take(), left.take()]).toEqual([true, false]);
});
