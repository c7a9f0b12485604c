import { writeAddressKey } from "./address-key.ts";
import type { CompiledLimits, CompiledRate } from "./compiled-limits.ts";
import { LimitTable } from "./limit-table.ts";
import { CELL, ENTRY_CELLS, type LimitsHolder, type LimitsMemory } from "./limits-memory.ts";

export { compileLimits, type CompiledLimits } from "./compiled-limits.ts";
export { createLimitsHolder, createLimitsMemory, reclaimLimits } from "./limits-memory.ts";
export type { LimitsHolder, LimitsMemory } from "./limits-memory.ts";

/** What the limits of a route say about one request. */
export type Admission = "pass" | "rate-refused" | "connections-refused";

export interface LimitsOptions {
  /** Milliseconds that never go backwards and are the same in all threads that share the memory. */
  readonly monotonicMs: () => number;
  readonly memory: LimitsMemory;
  readonly holder: LimitsHolder;
}

/** Leaky buckets and in-flight counts of all Ingresses, in a table of fixed size that all threads share. */
export interface Limits {
  /**
   * Counts one request. Only `pass` takes a place among the requests in flight, and must then be followed by exactly one
   * `release`. As in nginx, a request refused for its rate is not counted at all, and one refused for its connections has
   * still used up its rate.
   */
  admit(limits: CompiledLimits, clientAddress: string): Admission;
  /** Gives back the place of a request that `admit` let pass, with the same compiled limits. */
  release(limits: CompiledLimits, clientAddress: string): void;
}

/**
 * One thread's way to the limits in that memory. State hangs on the Ingress' name and the client address only, so it survives
 * every change of configuration; a changed rate goes on from the bucket's present level.
 */
export function createLimits(options: LimitsOptions): Limits {
  return new TableLimits(options);
}

class TableLimits implements Limits {
  readonly #monotonicMs: () => number;
  readonly #table: LimitTable;
  readonly #ownInFlight: Int32Array;
  readonly #key = new Int32Array(6);

  constructor({ monotonicMs, memory, holder }: LimitsOptions) {
    this.#monotonicMs = monotonicMs;
    this.#table = new LimitTable(memory, holder.id);
    this.#ownInFlight = holder.inFlight;
  }

  admit(limits: CompiledLimits, clientAddress: string): Admission {
    if (limits.allowlist !== null && limits.allowlist.has(clientAddress)) return "pass";
    this.#setKey(limits, clientAddress);
    const hash = this.#table.hash(this.#key);
    this.#table.lock(hash);
    const admission = this.#admitLocked(limits, hash);
    this.#table.unlock(hash);
    return admission;
  }

  release(limits: CompiledLimits, clientAddress: string): void {
    if (limits.connections === 0 || (limits.allowlist !== null && limits.allowlist.has(clientAddress))) return;
    this.#setKey(limits, clientAddress);
    const hash = this.#table.hash(this.#key);
    this.#table.lock(hash);
    const at = this.#table.find(hash, this.#key);
    if (at !== -1) this.#leavePlace(at);
    this.#table.unlock(hash);
  }

  #admitLocked(limits: CompiledLimits, hash: number): Admission {
    // Read under the lock: two threads may get it in another order than the one in which they came.
    const nowMs = Math.floor(this.#monotonicMs()) | 0;
    const at = this.#table.claim(hash, this.#key, nowMs);
    // Every place of the key's bucket is held by requests in flight: nginx refuses too when its zone is exhausted.
    if (at === -1) return "connections-refused";
    if (!this.#passRates(limits, at, nowMs)) return "rate-refused";
    return this.#takePlace(limits, at) ? "pass" : "connections-refused";
  }

  /** Both rates must pass, the one per second first; only then are both buckets filled. */
  #passRates(limits: CompiledLimits, at: number, nowMs: number): boolean {
    const { perSecond, perMinute } = limits;
    const cells = this.#table.cells;
    const second = perSecond === null ? 0 : excessAfter(perSecond, cells, at + CELL.secondExcess, nowMs);
    if (perSecond !== null && second > perSecond.burstMilli) return false;
    const minute = perMinute === null ? 0 : excessAfter(perMinute, cells, at + CELL.minuteExcess, nowMs);
    if (perMinute !== null && minute > perMinute.burstMilli) return false;
    if (perSecond !== null) fill(cells, at + CELL.secondExcess, second, nowMs);
    if (perMinute !== null) fill(cells, at + CELL.minuteExcess, minute, nowMs);
    return true;
  }

  #takePlace(limits: CompiledLimits, at: number): boolean {
    if (limits.connections === 0) return true;
    if ((this.#table.cells[at + CELL.inFlight] ?? 0) >= limits.connections) return false;
    const entry = at / ENTRY_CELLS;
    // A thread that dies between two steps must leave no place behind that nobody gives back: better one too few is counted.
    // Atomic, because the places of a dead thread are given back without the lock.
    this.#ownInFlight[entry] = (this.#ownInFlight[entry] ?? 0) + 1;
    Atomics.add(this.#table.cells, at + CELL.inFlight, 1);
    return true;
  }

  /** Only what this thread has taken can it give back. */
  #leavePlace(at: number): void {
    const entry = at / ENTRY_CELLS;
    const held = this.#ownInFlight[entry] ?? 0;
    if (held === 0) return;
    Atomics.sub(this.#table.cells, at + CELL.inFlight, 1);
    this.#ownInFlight[entry] = held - 1;
  }

  #setKey(limits: CompiledLimits, clientAddress: string): void {
    writeAddressKey(clientAddress, this.#key);
    this.#key[4] = limits.zoneHigh;
    this.#key[5] = limits.zoneLow;
  }
}

/** A bucket is three cells: level in thousandths of a request, time of its last request, whether it was ever used. */
const BUCKET_TIME = 1;
const BUCKET_USED = 2;

/** nginx's `ngx_http_limit_req_lookup`: whole thousandths, and the first request of a bucket costs nothing. */
function excessAfter(rate: CompiledRate, cells: Int32Array, bucket: number, nowMs: number): number {
  if (cells[bucket + BUCKET_USED] === 0) return 0;
  const leaked = Math.floor((rate.milliPerSecond * elapsedMs(nowMs, cells[bucket + BUCKET_TIME] ?? 0)) / 1000);
  return Math.max(0, (cells[bucket] ?? 0) - leaked + 1000);
}

function fill(cells: Int32Array, bucket: number, excess: number, nowMs: number): void {
  cells[bucket] = excess;
  cells[bucket + BUCKET_TIME] = nowMs;
  cells[bucket + BUCKET_USED] = 1;
}

const CLOCK_SKEW_MS = 60_000;
const LONG_AGO_MS = 0x7fff_ffff;

/** Difference of two wrapped 32-bit times. Slightly negative is another thread's clock; far negative is weeks ago. */
function elapsedMs(nowMs: number, thenMs: number): number {
  const elapsed = (nowMs - thenMs) | 0;
  if (elapsed >= 0) return elapsed;
  return elapsed > -CLOCK_SKEW_MS ? 0 : LONG_AGO_MS;
}
