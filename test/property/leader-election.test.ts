import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LeaderElector } from "../../src/controller/leader/leader-elector.ts";
import type { LeaseRecord, ReadLease } from "../../src/controller/leader/lease.ts";
import type { LeaseStore } from "../../src/controller/leader/lease-client.ts";
import { err, ok, type Result } from "../../src/lib/result.ts";

const TTL_MS = 30_000;

/** What the network does with one request: the answer arrives, or the request or the answer is lost. */
type Delivery = "answered" | "request-lost" | "answer-lost";

interface Pending {
  deliver(how: Delivery): void;
}

/** A Lease in a database, and requests that are under way until they are delivered. */
class SimulatedLease {
  readonly pending: Pending[] = [];
  #lease: ReadLease | null = null;
  #version = 0;

  storeOf(): LeaseStore {
    return {
      read: () => this.#ask(() => ok(this.#lease)),
      write: (record, version) => this.#ask(() => this.#write(record, version)),
    };
  }

  #write(record: LeaseRecord, version: string | null): Result<ReadLease> {
    if ((this.#lease?.resourceVersion ?? null) !== version) return err("conflict");
    // As the API server keeps it: whole seconds.
    const stored = { ...record, durationMs: Math.ceil(record.durationMs / 1000) * 1000 };
    this.#lease = { record: stored, resourceVersion: String(++this.#version) };
    return ok(this.#lease);
  }

  #ask<T>(act: () => Result<T>): Promise<Result<T>> {
    return new Promise((resolve) => {
      this.pending.push({
        deliver: (how) => {
          const answer = how === "request-lost" ? null : act();
          resolve(how === "answered" && answer !== null ? answer : err("timed out"));
        },
      });
    });
  }
}

/** Some replicas on one Lease, each with clocks of its own: their wall clocks agree on nothing. */
class Simulation {
  readonly lease = new SimulatedLease();
  readonly electors: readonly LeaderElector[];
  readonly #busy: (Promise<unknown> | null)[];
  #nowMs = 0;

  constructor(clockOffsetsMs: readonly number[]) {
    this.electors = clockOffsetsMs.map((offsetMs, i) => {
      const clock = { nowMs: () => 1e12 - offsetMs * 1000, monotonicMs: () => this.#nowMs + Math.abs(offsetMs) };
      return new LeaderElector({ store: this.lease.storeOf(), identity: `pod-${i}`, durationMs: TTL_MS, clock });
    });
    this.#busy = clockOffsetsMs.map(() => null);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** Begins an attempt, unless one is under way. */
  start(which: number): void {
    const i = which % this.electors.length;
    const elector = this.electors[i];
    if (elector === undefined || this.#busy[i] != null) return;
    this.#busy[i] = elector.attempt(new AbortController().signal).finally(() => (this.#busy[i] = null));
  }

  release(which: number): void {
    const i = which % this.electors.length;
    if (this.#busy[i] == null) void this.electors[i]?.release(new AbortController().signal);
  }

  async deliver(which: number, how: Delivery): Promise<void> {
    const { pending } = this.lease;
    if (pending.length === 0) return;
    pending.splice(which % pending.length, 1)[0]?.deliver(how);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  get leaders(): number {
    return this.electors.filter((elector) => elector.isLeader).length;
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("start" as const), which: fc.nat(4) }),
  fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(20_000) }),
  fc.record({
    kind: fc.constant("deliver" as const),
    which: fc.nat(10),
    how: fc.constantFrom<Delivery>("answered", "answered", "answered", "request-lost", "answer-lost"),
  }),
  fc.record({ kind: fc.constant("release" as const), which: fc.nat(4) }),
);
const offsets = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 2, maxLength: 4 });

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(simulation: Simulation, next: Step): Promise<void> {
  if (next.kind === "start") simulation.start(next.which);
  if (next.kind === "advance") simulation.advance(next.ms);
  if (next.kind === "release") simulation.release(next.which);
  if (next.kind === "deliver") await simulation.deliver(next.which, next.how);
}

describe("an election over a network that loses and delays requests", () => {
  test("never has two leaders, whatever is paused, lost, late or released", async () => {
    await fc.assert(
      fc.asyncProperty(offsets, fc.array(step, { minLength: 20, maxLength: 150 }), async (clockOffsets, steps) => {
        const simulation = new Simulation(clockOffsets);
        for (const next of steps) {
          await take(simulation, next);
          expect(simulation.leaders).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("has a leader again once the network works and the Lease has run out", async () => {
    await fc.assert(
      fc.asyncProperty(offsets, fc.array(step, { maxLength: 80 }), async (clockOffsets, steps) => {
        const simulation = new Simulation(clockOffsets);
        for (const next of steps) await take(simulation, next);
        for (let round = 0; round < 8; round++) {
          simulation.advance(TTL_MS / 4);
          for (let i = 0; i < clockOffsets.length; i++) {
            simulation.start(i);
            while (simulation.lease.pending.length > 0) await simulation.deliver(0, "answered");
          }
        }
        expect(simulation.leaders).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});
