import type { FinishedExchange, UpstreamAttempt } from "../model/finished-exchange.ts";

/** One histogram of the per-request metrics and where its numbers lie in a cell. */
export interface HistogramSlot {
  /** Name after `nginx_ingress_controller_`. */
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending; `+Inf` is implied. */
  readonly bounds: readonly number[];
  /** Index of the first bucket; the sum follows the last (`+Inf`) bucket. */
  readonly offset: number;
}

const TIME_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LENGTH_BOUNDS = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
const SIZE_BOUNDS = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

const REQUEST_DURATION = slot("request_duration_seconds", "The request processing time", TIME_BOUNDS, 1);
const RESPONSE_DURATION = slot(
  "response_duration_seconds",
  "The time the upstream took",
  TIME_BOUNDS,
  after(REQUEST_DURATION),
);
const HEADER_DURATION = slot(
  "header_duration_seconds",
  "The time to the upstream's head",
  TIME_BOUNDS,
  after(RESPONSE_DURATION),
);
const CONNECT_DURATION = slot(
  "connect_duration_seconds",
  "The time to connect to the upstream",
  TIME_BOUNDS,
  after(HEADER_DURATION),
);
const REQUEST_SIZE = slot(
  "request_size",
  "The request length in bytes, head included",
  LENGTH_BOUNDS,
  after(CONNECT_DURATION),
);
const RESPONSE_SIZE = slot(
  "response_size",
  "The response length in bytes, head included",
  LENGTH_BOUNDS,
  after(REQUEST_SIZE),
);
const BYTES_SENT = slot(
  "bytes_sent",
  "The bytes sent to the client (same as response_size)",
  SIZE_BOUNDS,
  after(RESPONSE_SIZE),
);

/** In the order in which they are printed. */
export const HISTOGRAMS: readonly HistogramSlot[] = [
  REQUEST_DURATION,
  RESPONSE_DURATION,
  HEADER_DURATION,
  CONNECT_DURATION,
  REQUEST_SIZE,
  RESPONSE_SIZE,
  BYTES_SENT,
];

export const REQUEST_CELL_LENGTH = after(BYTES_SENT);

/** The numbers of one label set: the request count, then each histogram's buckets (not cumulative) and sum. */
export type RequestCell = Float64Array;

export function requestCount(cell: RequestCell): number {
  return cell[0] ?? 0;
}

/** Adds one exchange. Upstream times are those of the last attempt, as ingress-nginx has them; none without an attempt. */
export function recordExchange(cell: RequestCell, exchange: FinishedExchange): void {
  add(cell, 0, 1);
  observe(cell, REQUEST_DURATION, exchange.durationMs / 1000);
  observe(cell, REQUEST_SIZE, exchange.requestBytes);
  observe(cell, RESPONSE_SIZE, exchange.responseBytes);
  observe(cell, BYTES_SENT, exchange.responseBytes);
  const attempts = exchange.attempts;
  const last = attempts.length === 0 ? undefined : attempts[attempts.length - 1];
  if (last !== undefined) recordAttempt(cell, last);
}

function recordAttempt(cell: RequestCell, attempt: UpstreamAttempt): void {
  observe(cell, CONNECT_DURATION, attempt.connectMs / 1000);
  if (attempt.status === 0) return;
  observe(cell, HEADER_DURATION, attempt.headerMs / 1000);
  observe(cell, RESPONSE_DURATION, attempt.durationMs / 1000);
}

function observe(cell: RequestCell, { bounds, offset }: HistogramSlot, value: number): void {
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
  add(cell, offset + bucket, 1);
  add(cell, offset + bounds.length + 1, value);
}

function add(cell: RequestCell, index: number, value: number): void {
  cell[index] = (cell[index] ?? 0) + value;
}

function slot(name: string, help: string, bounds: readonly number[], offset: number): HistogramSlot {
  return { name, help, bounds, offset };
}

/** Buckets, `+Inf` and the sum. */
function after({ offset, bounds }: HistogramSlot): number {
  return offset + bounds.length + 2;
}
