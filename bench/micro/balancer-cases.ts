import type { Upstream } from "../../src/model/upstream.ts";
import type { EndpointRuntime } from "../../src/upstream/connections/endpoint.ts";
import { compileHashRing, findOwner } from "../../src/upstream/balance/hash-ring.ts";
import { FakeWire, seededRandom } from "../../test/support/servers/upstream-fakes.ts";
import type { MicroCase } from "./micro-case.ts";

const NONE_TRIED: readonly EndpointRuntime[] = [];
const ENDPOINTS = 100;
const ANSWER_MS = 3;

/** An upstream of a hundred endpoints, to one of them. */
export function balancerCases(): readonly MicroCase[] {
  return [
    { name: "balancer: round robin", run: pickTimes("round-robin") },
    { name: "balancer: ewma, pick and observe", run: pickTimes("ewma") },
    { name: "balancer: sticky cookie on the hash ring", run: stickTimes() },
  ];
}

function addresses(): readonly string[] {
  return Array.from({ length: ENDPOINTS }, (_, index) => `10.0.0.${index}:8080`);
}

function pickTimes(kind: Upstream["balancer"]): MicroCase["run"] {
  const wire = new FakeWire({ random: seededRandom(3) });
  const upstream = wire.publish(addresses(), kind);
  return (times) => {
    for (let i = 0; i < times; i++) {
      const endpoint = upstream.pick(NONE_TRIED);
      if (endpoint === null) throw new Error("no endpoint");
      upstream.observe(endpoint, ANSWER_MS);
    }
  };
}

function stickTimes(): MicroCase["run"] {
  const ring = compileHashRing(addresses());
  const random = seededRandom(5);
  const cookies = Array.from({ length: 1024 }, () => `${random().toString(16)}|${random().toString(16)}`);
  return (times) => {
    for (let i = 0; i < times; i++) {
      if (findOwner(ring, cookies[i % cookies.length] ?? "") === -1) throw new Error("no owner");
    }
  };
}
