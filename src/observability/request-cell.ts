import type { FinishedExchange, UpstreamAttempt } from "../model/finished-exchange.ts";
import type { CellLayout, HistogramSlot } from "./request-layout.ts";

/** The numbers of one label set: the request count, each histogram's sum, and its buckets (not cumulative). */
export type RequestCell = Float64Array;

/** Adds one exchange. Upstream times are those of the last attempt, as ingress-nginx has them; none without an attempt. */
export function recordExchange(cell: RequestCell, layout: CellLayout, exchange: FinishedExchange): void {
  const { slots } = layout;
  add(cell, 0, 1);
  observe(cell, slots.request_duration_seconds, exchange.durationMs / 1000);
  observe(cell, slots.request_size, exchange.requestBytes);
  observe(cell, slots.response_size, exchange.responseBytes);
  observe(cell, slots.bytes_sent, exchange.responseBytes);
  const attempts = exchange.attempts;
  const last = attempts.length === 0 ? undefined : attempts[attempts.length - 1];
  if (last !== undefined) recordAttempt(cell, layout, last);
}

function recordAttempt(cell: RequestCell, { slots }: CellLayout, attempt: UpstreamAttempt): void {
  observe(cell, slots.connect_duration_seconds, attempt.connectMs / 1000);
  if (attempt.status === 0) return;
  observe(cell, slots.header_duration_seconds, attempt.headerMs / 1000);
  observe(cell, slots.response_duration_seconds, attempt.durationMs / 1000);
}

function observe(cell: RequestCell, slot: HistogramSlot | null, value: number): void {
  if (slot === null) return;
  const { bounds, offset, sum } = slot;
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
  add(cell, offset + bucket, 1);
  add(cell, sum, value);
}

function add(cell: RequestCell, index: number, value: number): void {
  cell[index] = (cell[index] ?? 0) + value;
}
