import type { Clock } from "../../lib/clock.ts";
import { ok, type Result } from "../../lib/result.ts";
import { type LeaseRecord, microTime, type ReadLease } from "./lease.ts";
import type { LeaseStore } from "./lease-client.ts";

export interface ElectionOptions {
  readonly store: LeaseStore;
  /** Different for every replica and every start of one. */
  readonly identity: string;
  /** `--election-ttl`: for how long others leave a Lease alone after they last saw it change. */
  readonly durationMs: number;
  readonly clock: Clock;
}

/**
 * One replica's part in an election by client-go's rules. What others wrote is never compared with our clock: a Lease counts as held
 * for its duration after *we saw* it change, by a clock that never goes back. Who leads stops on its own half the duration
 * after it last *began* a renewal that succeeded, long before anybody else may take over.
 */
export class LeaderElector {
  readonly #options: ElectionOptions;
  #observed: { readonly lease: ReadLease; readonly atMs: number } | null = null;
  /** Until when we lead, on the monotonic clock; 0 when we do not. */
  #leadsUntilMs = 0;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** True while nobody else can lead. Asked at the moment of use: it changes by the mere passing of time. */
  get isLeader(): boolean {
    return this.leadLeftMs > 0;
  }

  /** For how much longer we lead without another renewal. */
  get leadLeftMs(): number {
    return Math.max(0, this.#leadsUntilMs - this.#options.clock.monotonicMs());
  }

  /** Who held the Lease when it was last seen; empty when nobody did. */
  get holder(): string {
    return this.#observed?.lease.record.holder ?? "";
  }

  /** Between two attempts: client-go's retry period, a quarter of the duration. */
  get retryMs(): number {
    return this.#options.durationMs / 4;
  }

  /** Acquires or renews, once. The error says why nothing came of it; a Lease that somebody else holds is none. */
  async attempt(signal: AbortSignal): Promise<Result<void>> {
    const { clock, store, identity } = this.#options;
    const startMs = clock.monotonicMs();
    const read = await store.read(signal);
    if (!read.ok) return read;
    if (read.value !== null) this.#observe(read.value);
    const held = read.value?.record ?? null;
    if (held !== null && held.holder !== identity && this.#isHeldByOther(held)) {
      this.#leadsUntilMs = 0;
      return ok(undefined);
    }
    const record = this.#nextRecord(held);
    const written = await store.write(record, read.value?.resourceVersion ?? null, signal);
    if (!written.ok) return written;
    this.#observe(written.value);
    this.#leadsUntilMs = startMs + this.#options.durationMs / 2;
    return ok(undefined);
  }

  /** Gives the Lease back, so that the next replica need not wait. Leading ends at once, whether the write succeeds or not. */
  async release(signal: AbortSignal): Promise<void> {
    const held = this.#observed;
    const led = this.isLeader;
    this.#leadsUntilMs = 0;
    if (!led || held === null) return;
    const { clock, store } = this.#options;
    const now = microTime(clock.nowMs());
    const { transitions } = held.lease.record;
    const empty: LeaseRecord = { holder: "", durationMs: 1000, acquireTime: now, renewTime: now, transitions };
    await store.write(empty, held.lease.resourceVersion, signal);
  }

  /** Any write counts as a sign of life, also one whose times are those of before because its writer's clock stands still. */
  #observe(lease: ReadLease): void {
    if (this.#observed?.lease.resourceVersion === lease.resourceVersion) return;
    this.#observed = { lease, atMs: this.#options.clock.monotonicMs() };
  }

  #isHeldByOther(record: LeaseRecord): boolean {
    const sinceMs = this.#observed?.atMs ?? 0;
    return record.holder !== "" && this.#options.clock.monotonicMs() < sinceMs + record.durationMs;
  }

  #nextRecord(held: LeaseRecord | null): LeaseRecord {
    const { identity, durationMs, clock } = this.#options;
    const now = microTime(clock.nowMs());
    const renews = held?.holder === identity;
    return {
      holder: identity,
      durationMs,
      acquireTime: renews ? held.acquireTime : now,
      renewTime: now,
      transitions: held === null ? 0 : held.transitions + (renews ? 0 : 1),
    };
  }
}
