import { expect, test } from "vitest";
import { differences, median, quantile, ratios } from "../../../bench/support/statistics.ts";

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
  [[], Number.NaN],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("a quantile lies between its two neighbours", () => {
  expect([0, 0.25, 0.99, 1].map((share) => quantile([10, 20, 30], share))).toEqual([10, 15, 29.8, 30]);
});

test("ratios are taken within a round, and rounds that lack one of the two give none", () => {
  expect(ratios([2, null, 9, 8], [1, 5, null, 4])).toEqual([2, 2]);
});

test("differences are taken within a round", () => {
  expect(differences([2, null, 9], [1, 5, 4])).toEqual([1, 5]);
});

test("a shorter base gives ratios for its rounds only", () => {
  expect(ratios([2, 4], [1])).toEqual([2]);
});
