import { describe, expect, test } from "vitest";
import { RetryAllowance } from "../../../src/upstream/balance/retry-allowance.ts";

function spendAll(allowance: RetryAllowance, nowMs: number): number {
  let count = 0;
  while (allowance.spend(nowMs)) count++;
  return count;
}

describe("an upstream's retries", () => {
  test("begin with a few", () => {
    expect(spendAll(new RetryAllowance(0), 0)).toBe(10);
  });

  test("are one to five requests", () => {
    const allowance = new RetryAllowance(0);
    spendAll(allowance, 0);
    for (let i = 0; i < 204; i++) allowance.earn();
    expect(spendAll(allowance, 0)).toBe(40);
  });

  test("are one a second where there are few requests", () => {
    const allowance = new RetryAllowance(5_000);
    spendAll(allowance, 5_000);
    expect(spendAll(allowance, 5_900)).toBe(0);
    expect(spendAll(allowance, 12_000)).toBe(7);
  });

  test("are saved up to a hundred", () => {
    const allowance = new RetryAllowance(0);
    for (let i = 0; i < 100_000; i++) allowance.earn();
    expect(spendAll(allowance, 3_600_000)).toBe(100);
  });
});
