import type { FinishedExchange } from "../../model/finished-exchange.ts";
import type { CellLayout, HistogramSlot } from "./request-layout.ts";

/** The numbers of one label set, laid out as `CellLayout` says, among those of others. */
export interface RequestCell {
  readonly numbers: Float64Array;
  readonly start: number;
}

/** Numbers in what a processor reads at once, and in the rows of a cell that most requests add to. */
const CACHE_LINE = 8;
const READ_AHEAD = 5 * CACHE_LINE;

/** Adds one exchange. Upstream times are those of the last attempt, as ingress-nginx has them; none without an attempt. */
export function recordExchange(
  numbers: Float64Array,
  start: number,
  { slots }: CellLayout,
  exchange: FinishedExchange,
): void {
  add(numbers, start, 1);
  observe(numbers, start, slots.request_duration_seconds, exchange.durationMs / 1000);
  observe(numbers, start, slots.request_size, exchange.requestBytes);
  observe(numbers, start, slots.response_size, exchange.responseBytes);
  observe(numbers, start, slots.bytes_sent, exchange.responseBytes);
  const attempts = exchange.attempts;
  const last = attempts.length === 0 ? undefined : attempts[attempts.length - 1];
  if (last === undefined) return;
  observe(numbers, start, slots.connect_duration_seconds, last.connectMs / 1000);
  if (last.status === 0) return;
  observe(numbers, start, slots.header_duration_seconds, last.headerMs / 1000);
  observe(numbers, start, slots.response_duration_seconds, last.durationMs / 1000);
}

/** Reads what most requests add to, so that it is at hand. What comes out means nothing. */
export function readCell(numbers: Float64Array, start: number): number {
  let sum = 0;
  for (let i = start; i < start + READ_AHEAD; i += CACHE_LINE) sum += numbers[i] ?? 0;
  return sum;
}

function observe(numbers: Float64Array, start: number, slot: HistogramSlot | null, value: number): void {
  if (slot === null) return;
  const { bounds, first, step } = slot;
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
  add(numbers, start + first + bucket * step, 1);
  add(numbers, start + slot.sum, value);
}

function add(numbers: Float64Array, index: number, value: number): void {
  numbers[index] = (numbers[index] ?? 0) + value;
}
