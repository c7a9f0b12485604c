import {
  createLimits,
  createLimitsHolder,
  createLimitsMemory,
  type Limits,
} from "../../../src/proxy/filters/limits/limits.ts";

/** Limits that no other thread shares. */
export function openOwnLimits(capacity: number, monotonicMs: () => number, random: () => number): Limits {
  const memory = createLimitsMemory(capacity, random);
  return createLimits({ monotonicMs, memory, holder: createLimitsHolder(memory, 1) });
}
