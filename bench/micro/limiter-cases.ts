import { compileLimits } from "../../src/proxy/filters/limits/limits.ts";
import { openOwnLimits } from "../../test/support/builders/own-limits.ts";
import { seededRandom } from "../../test/support/servers/upstream-fakes.ts";
import { expectSame, type MicroCase } from "./micro-case.ts";

const CAPACITY = 65_536;
const NO_LIMIT_REACHED = { rate: 1_000_000, burst: 1_000_000 };

/** The limits of a route and a client address, to the verdict. */
export function limiterCases(): readonly MicroCase[] {
  return [
    { name: "limiter: rate, 1 client", run: admitTimes(1, 0) },
    { name: "limiter: rate, 50,000 clients in random order", run: admitTimes(50_000, 0) },
    { name: "limiter: rate and connections, 1 client", run: admitTimes(1, 1000) },
  ];
}

function admitTimes(clients: number, connections: number): MicroCase["run"] {
  const random = seededRandom(6);
  let nowMs = 0;
  const limits = openOwnLimits(CAPACITY, () => (nowMs += 0.01), seededRandom(7));
  const compiled = compileLimits({
    zone: "bench/limit",
    requestsPerSecond: NO_LIMIT_REACHED,
    requestsPerMinute: null,
    connections,
    allowlist: [],
  });
  const order = Array.from({ length: 8192 }, () => addressOf(Math.floor(random() * clients)));
  return (times) => {
    let passed = 0;
    for (let i = 0; i < times; i++) {
      const address = order[i % order.length] ?? "";
      if (limits.admit(compiled, address) === "pass") passed++;
      limits.release(compiled, address);
    }
    expectSame(passed, times);
  };
}

function addressOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}
