import { describe, expect, test } from "vitest";
import {
  anonymousKb,
  cpuMicros,
  parseAnonymousKb,
  parseCoreBusyMicros,
  parseResidentKb,
  parseSchedstat,
  residentKb,
} from "../../../bench/support/proc.ts";

describe("what /proc says", () => {
  test("of a thread is its nanoseconds on a CPU", () => {
    expect(parseSchedstat("339234123 91189 12\n")).toBe(339_234_123);
  });

  test("of a thread that has ended is nothing", () => {
    expect(parseSchedstat("")).toBe(0);
  });

  test("of resident memory is in kilobytes", () => {
    expect(parseResidentKb("Name:\tnginx\nVmHWM:\t   15200 kB\nVmRSS:\t   14800 kB\nRssAnon:\t 9 kB\n")).toBe(14_800);
  });

  test("of a process that has ended is no memory", () => {
    expect(parseResidentKb("")).toBe(0);
  });

  test("of memory that no file is behind is in kilobytes", () => {
    expect(parseAnonymousKb("VmRSS:\t   14800 kB\nRssAnon:\t    9000 kB\nRssFile:\t 9 kB\n")).toBe(9_000);
  });

  test("of a core counts everything but idling and waiting, what was stolen included", () => {
    const text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 1000 500 4 5 6 0 0\ncpu1 7 7 7 7 7 7 7 7 0 0\n";
    expect(parseCoreBusyMicros(text, 0)).toBe(210_000);
  });

  test("of core 1 is not taken from core 10", () => {
    expect(parseCoreBusyMicros("cpu10 1 0 0 0 0 0 0 0\ncpu1 2 0 0 0 0 0 0 0\n", 1)).toBe(20_000);
  });
});

describe.runIf(process.platform === "linux")("a process on Linux", () => {
  test("that runs has used CPU and memory", () => {
    expect(cpuMicros(process.pid)).toBeGreaterThan(0);
    expect(residentKb(process.pid)).toBeGreaterThan(1000);
    expect(anonymousKb(process.pid)).toBeLessThan(residentKb(process.pid));
  });

  test("that is not there has used none", () => {
    expect([cpuMicros(2 ** 30), residentKb(2 ** 30)]).toEqual([0, 0]);
  });
});
