import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PaceFilter } from "../../../src/model/filters/pace.ts";
import { HeaderList, TimerWheel } from "../../../src/wire/wire.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import type { FakeServerStream, FakeUpstreamRequest } from "../../support/servers/fake-stream.ts";
import { FakeClock, passTime } from "../../support/waiting/fake-clock.ts";

const NO_FIELDS = new HeaderList();
const GONE = { code: "closed", detail: "the client closed", requestSent: true, responseStarted: true } as const;

/** One request that is answered slowly, and the time. */
class Slow implements Disposable {
  readonly clock = new FakeClock();
  readonly wheel = new TimerWheel(this.clock, 1);
  readonly proxy: ExchangeHarness;
  readonly stream: FakeServerStream;
  readonly upstream: FakeUpstreamRequest;

  constructor(pace: PaceFilter) {
    this.proxy = new ExchangeHarness({ clock: this.clock, wheel: this.wheel });
    const route = buildRoute("root", "prefix", "/");
    this.proxy.apply({ hosts: [buildHost("shop.example", [{ ...route, filters: { ...route.filters, pace } }])] });
    this.stream = this.proxy.send();
    this.upstream = this.proxy.upstream.request;
    this.upstream.handler.onHead(200, NO_FIELDS, -1);
  }

  sends(bytes: number): void {
    this.upstream.handler.onBody(Buffer.alloc(bytes, "x"));
  }

  pass(milliseconds: number): void {
    passTime(this.clock, this.wheel, milliseconds);
  }

  get received(): number {
    return this.stream.body.length;
  }

  [Symbol.dispose](): void {
    this.wheel.close();
    this.proxy[Symbol.dispose]();
  }
}

let slow: Slow;
beforeEach(() => {
  slow = new Slow({ bytesPerSecond: 1000, freeBytes: 0 });
});
afterEach(() => slow[Symbol.dispose]());

describe("a response with limit-rate", () => {
  test("gets the first second's worth at once, and the rest by and by", () => {
    slow.sends(5000);
    expect(slow.received).toBe(1000);
    expect(slow.upstream.calls).toContain("pauseBody");
    slow.pass(1000);
    expect(slow.received).toBeGreaterThan(1600);
    expect(slow.received).toBeLessThanOrEqual(2000);
    slow.pass(3500);
    expect(slow.received).toBe(5000);
    expect(slow.upstream.calls).toContain("resumeBody");
  });

  test("ends when the last byte is sent, not when the upstream ends", () => {
    slow.sends(2000);
    slow.upstream.handler.onEnd(null);
    expect(slow.stream.ended).toBe(false);
    expect(slow.proxy.finished).toHaveLength(0);
    slow.pass(2000);
    expect(slow.stream.ended).toBe(true);
    expect(slow.proxy.record).toMatchObject({ status: 200, responseBodyBytes: 2000, errorCode: "" });
    expect(slow.wheel.size).toBe(0);
  });

  test("needs no timer while it is within its rate", () => {
    slow.sends(400);
    slow.sends(400);
    expect(slow.received).toBe(800);
    expect(slow.wheel.size).toBe(0);
    expect(slow.upstream.calls).not.toContain("pauseBody");
  });

  test("catches up with what it did not use before", () => {
    slow.pass(4000);
    slow.sends(4900);
    expect(slow.received).toBe(4900);
  });

  test("takes one entry of the timer wheel, whatever is sent", () => {
    slow.sends(3000);
    slow.sends(3000);
    expect(slow.wheel.size).toBe(1);
    slow.pass(6000);
    expect(slow.received).toBe(6000);
  });

  test("waits for a client that takes nothing, and then goes on", () => {
    slow.stream.writable = false;
    slow.sends(1500);
    expect(slow.received).toBe(1000);
    slow.pass(5000);
    expect(slow.received).toBe(1000);
    expect(slow.wheel.size).toBe(0);
    slow.stream.writable = true;
    slow.stream.handler.onDrain();
    expect(slow.received).toBe(1500);
    expect(slow.upstream.calls.at(-1)).toBe("resumeBody");
  });

  test("keeps no timer when the client has gone", () => {
    slow.sends(5000);
    slow.stream.gone = true;
    slow.stream.handler.onClose(GONE);
    expect(slow.wheel.size).toBe(0);
    slow.pass(5000);
    expect(slow.stream.misuses).toEqual([]);
    expect(slow.proxy.record.errorCode).toBe("client-closed");
  });

  test("is cut at once when its upstream fails", () => {
    slow.sends(5000);
    slow.upstream.handler.onFailure({ status: 502, code: "truncated", responseStarted: true });
    expect(slow.stream.aborted).toBe(true);
    expect(slow.wheel.size).toBe(0);
  });

  test("does not change when what was lent is overwritten", () => {
    const lent = Buffer.alloc(1500, "a");
    slow.upstream.handler.onBody(lent);
    lent.fill("b");
    slow.pass(1000);
    expect(slow.stream.body).toBe("a".repeat(1500));
  });
});

test("limit-rate-after lets so much pass before the rate counts", () => {
  using free = new Slow({ bytesPerSecond: 1000, freeBytes: 3000 });
  free.sends(10_000);
  expect(free.received).toBe(4000);
});

test("whatever comes whenever, no byte comes early, none is lost, and all are in order", () => {
  const step = fc.record({ bytes: fc.integer({ min: 1, max: 3000 }), pauseMs: fc.integer({ min: 0, max: 2500 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.integer({ min: 1, max: 5000 }), (steps, bytesPerSecond) => {
      using one = new Slow({ bytesPerSecond, freeBytes: 100 });
      const startedMs = one.clock.monotonicMs();
      let sent = "";
      for (const [index, { bytes, pauseMs }] of steps.entries()) {
        const text = String.fromCharCode(97 + index).repeat(bytes);
        sent += text;
        one.upstream.handler.onBody(Buffer.from(text));
        one.pass(pauseMs);
        const seconds = (one.clock.monotonicMs() - startedMs) / 1000;
        expect(one.received).toBeLessThanOrEqual(100 + bytesPerSecond * (seconds + 1));
        expect(sent.startsWith(one.stream.body)).toBe(true);
      }
      one.upstream.handler.onEnd(null);
      one.pass((sent.length / bytesPerSecond) * 1000 + 1000);
      expect(one.stream.body).toBe(sent);
      expect(one.stream.ended).toBe(true);
      expect(one.wheel.size).toBe(0);
    }),
    { numRuns: 200 },
  );
});
