import { CELL, LimitTable } from "./limit-table.ts";
import { writeAddressKey } from "./address-key.ts";
import type { CompiledLimits, CompiledRate } from "./compiled-limits.ts";

export { compileLimits, type CompiledLimits } from "./compiled-limits.ts";

/** What the limits of a route say about one request. */
export type Admission = "pass" | "rate-refused" | "connections-refused";

export interface LimitsOptions {
  /** Milliseconds that never go backwards. */
  readonly monotonicMs: () => number;
  /** Seeds the hash, so that nobody outside can choose addresses that push each other out. */
  readonly random: () => number;
  /** How many (Ingress, client address) pairs are remembered; rounded up to a power of two. 64 bytes each. */
  readonly capacity: number;
}

/** Leaky buckets and in-flight counts of all Ingresses of one thread, in a table of fixed size. */
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
 * Opens an empty table. State hangs on the Ingress' name and the client address only, so it survives every change of
 * configuration; a changed rate goes on from the bucket's present level.
 */
export function createLimits(options: LimitsOptions): Limits {
  return new TableLimits(options);
}

class TableLimits implements Limits {
  readonly #monotonicMs: () => number;
  readonly #table: LimitTable;
  readonly #key = new Int32Array(6);

  constructor(options: LimitsOptions) {
    this.#monotonicMs = options.monotonicMs;
    this.#table = new LimitTable(options.capacity, Math.floor(options.random() * 0x1_0000_0000) | 0);
  }

  admit(limits: CompiledLimits, clientAddress: string): Admission {
    if (limits.allowlist !== null && limits.allowlist.has(clientAddress)) return "pass";
    const nowMs = Math.floor(this.#monotonicMs()) | 0;
    this.#setKey(limits, clientAddress);
    const at = this.#table.claim(this.#key, nowMs);
    // Every place of the key's window is held by requests in flight: nginx refuses too when its zone is exhausted.
    if (at === -1) return "connections-refused";
    if (!this.#passRates(limits, at, nowMs)) return "rate-refused";
    return this.#takePlace(limits, at) ? "pass" : "connections-refused";
  }

  release(limits: CompiledLimits, clientAddress: string): void {
    if (limits.connections === 0 || (limits.allowlist !== null && limits.allowlist.has(clientAddress))) return;
    this.#setKey(limits, clientAddress);
    const at = this.#table.find(this.#key);
    if (at === -1) return;
    const cells = this.#table.cells;
    const inFlight = cells[at + CELL.inFlight] ?? 0;
    if (inFlight > 0) cells[at + CELL.inFlight] = inFlight - 1;
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
    const cells = this.#table.cells;
    const inFlight = cells[at + CELL.inFlight] ?? 0;
    if (inFlight >= limits.connections) return false;
    cells[at + CELL.inFlight] = inFlight + 1;
    return true;
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
