import { describe, expect, test } from "vitest";
import type { ApiFailure } from "../../../src/controller/api-source/api-client.ts";
import type { Leadership } from "../../../src/controller/leader/leadership.ts";
import type { StatusPatch } from "../../../src/controller/status/status-client.ts";
import { StatusWriter } from "../../../src/controller/status/status-writer.ts";
import { WriteRate } from "../../../src/controller/write-rate.ts";
import type { ObjectKey } from "../../../src/kubernetes/object-key.ts";
import type { Ingress } from "../../../src/kubernetes/objects.ts";
import type { Snapshot } from "../../../src/kubernetes/snapshot.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { err, ok } from "../../../src/lib/result.ts";
import { ingress } from "../../support/builders/kubernetes-objects.ts";
import { mostWithin } from "../../support/oracles/rates.ts";
import { VirtualTime } from "../../support/waiting/virtual-time.ts";

const COUNT = 5_000;
const QPS = 300;
const BURST = 100;
const ADDRESS = { ip: "192.0.2.1", hostname: "" };
const LEADING: Leadership = { isLeader: true, leadSignal: () => new AbortController().signal };
const NO_LIMIT = new AbortController().signal;

/** A writer over an API server that takes `answerMs` for each write. */
class Setup {
  readonly time = new VirtualTime();
  readonly ingresses = new Map<ObjectKey, Ingress>();
  readonly startsMs: number[] = [];
  readonly seen = new Map<ObjectKey, number>();
  readonly writer: StatusWriter;
  underWay = 0;
  mostUnderWay = 0;
  twoOfOne = 0;
  /** What the API server says to a write now; null: it takes it. */
  refusal: ApiFailure | null = null;

  constructor(answerMs: number, status: readonly (typeof ADDRESS)[] = [], count = COUNT) {
    for (let i = 0; i < count; i++) this.ingresses.set(`shop/web-${i}`, { ...ingress(`shop/web-${i}`), status });
    const { time } = this;
    const busy = new Set<ObjectKey>();
    this.writer = new StatusWriter({
      patch: async ({ key, addresses }: StatusPatch, signal) => {
        this.startsMs.push(time.monotonicMs());
        this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
        if (busy.has(key)) this.twoOfOne++;
        busy.add(key);
        this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
        await time.pause(answerMs, signal);
        this.underWay--;
        busy.delete(key);
        if (signal.aborted) return err({ kind: "network", message: "aborted" });
        if (this.refusal !== null) return err(this.refusal);
        const known = this.ingresses.get(key);
        if (known !== undefined) this.ingresses.set(key, { ...known, status: addresses });
        return ok("2");
      },
      leadership: LEADING,
      snapshot: { get: (_kind: string, key: ObjectKey) => this.ingresses.get(key) } as unknown as Snapshot,
      served: new Set(this.ingresses.keys()),
      logger: silentLogger,
      random: () => 0.5,
      rate: new WriteRate({ perSecond: QPS, burst: BURST }, time, time.pause),
      pause: time.pause,
      onForeignWrite: () => {},
    });
  }
}

describe("the status of 5,000 Ingresses", () => {
  test.each([5, 50])("is written within 20 s by an API server that takes %d ms for each", async (answerMs) => {
    const setup = new Setup(answerMs);
    setup.writer.want([ADDRESS]);
    await setup.time.passUntil(setup.writer.whenIdle());
    expect(setup.writer.counts.writes).toBe(COUNT);
    expect(setup.time.monotonicMs()).toBeLessThanOrEqual(20_000);
    expect(setup.mostUnderWay).toBeGreaterThan(1);
    expect(setup.mostUnderWay).toBeLessThanOrEqual(16);
    expect(setup.twoOfOne).toBe(0);
    for (const windowMs of [100, 1_000, 5_000]) {
      expect(mostWithin(setup.startsMs, windowMs)).toBeLessThanOrEqual(BURST + (QPS * windowMs) / 1_000);
    }
  });

  test("is written once for each, however often all of them are looked at meanwhile", async () => {
    const setup = new Setup(20);
    setup.writer.want([ADDRESS]);
    const looks = (async () => {
      for (let i = 0; i < 20; i++) {
        await setup.time.pause(500);
        setup.writer.considerAll("look");
      }
    })();
    await setup.time.passUntil(Promise.all([looks, setup.writer.whenIdle()]));
    expect(Math.max(...setup.seen.values())).toBe(1);
    expect(setup.twoOfOne).toBe(0);
  });

  test("is cleared at the end several at a time, within 20 s and within the limits", async () => {
    const setup = new Setup(50, [ADDRESS]);
    setup.writer.want([ADDRESS]);
    const cleared = await setup.time.passUntil(setup.writer.clearAll(NO_LIMIT));
    expect(cleared).toEqual({ cleared: COUNT, left: [] });
    expect(setup.time.monotonicMs()).toBeLessThanOrEqual(20_000);
    expect(setup.mostUnderWay).toBeGreaterThan(1);
    expect(setup.mostUnderWay).toBeLessThanOrEqual(16);
    expect(mostWithin(setup.startsMs, 1_000)).toBeLessThanOrEqual(BURST + QPS);
  });

  test("that there was no time to clear is named", async () => {
    const setup = new Setup(50, [ADDRESS]);
    setup.writer.want([ADDRESS]);
    const budget = new AbortController();
    const over = setup.time.pause(2_000).then(() => budget.abort());
    const { cleared, left } = await setup.time.passUntil(setup.writer.clearAll(budget.signal));
    await over;
    expect(cleared).toBeGreaterThan(100);
    expect(cleared + left.length).toBe(COUNT);
    const stillThere = [...setup.ingresses].filter(([, { status }]) => status.length > 0).map(([key]) => key);
    expect(new Set(left)).toEqual(new Set(stillThere));
  });
});

describe("a status that the API server does not take", () => {
  const refusals: readonly (readonly [string, ApiFailure])[] = [
    ["for everybody's sake (429)", { kind: "status", status: 429, message: "", retryAfterMs: 1_000 }],
    ["for everybody's sake (503)", { kind: "status", status: 503, message: "", retryAfterMs: null }],
    ["since it does not answer", { kind: "network", message: "connection refused" }],
  ];

  test.each(refusals)(
    "%s is written soon after it takes writes again, however long that was",
    async (_why, refusal) => {
      const setup = new Setup(5, [], 3);
      setup.refusal = refusal;
      setup.writer.want([ADDRESS]);
      const longMs = 300_000;
      let takenMs = 0;
      const over = setup.time.pause(longMs).then(() => (setup.refusal = null));
      await setup.time.passUntil(
        Promise.all([over, setup.writer.whenIdle().then(() => (takenMs = setup.time.monotonicMs()))]),
      );
      expect(setup.writer.counts.writes).toBe(3);
      expect(takenMs - longMs).toBeLessThanOrEqual(6_000);
    },
  );

  test("for its own sake (500) is tried five times, and the next round tries again", async () => {
    const setup = new Setup(5, [], 1);
    setup.refusal = { kind: "status", status: 500, message: "a webhook failed", retryAfterMs: null };
    setup.writer.want([ADDRESS]);
    await setup.time.passUntil(setup.writer.whenIdle());
    expect(setup.seen.get("shop/web-0")).toBe(5);
    setup.writer.considerAll("correct");
    await setup.time.passUntil(setup.writer.whenIdle());
    expect(setup.seen.get("shop/web-0")).toBe(10);
  });
});
