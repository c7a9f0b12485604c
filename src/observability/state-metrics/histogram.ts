/** Bounds, counts and sum of a histogram. */
export interface HistogramReading {
  readonly bounds: readonly number[];
  /** By bucket, not cumulative; the last is `+Inf`. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Index of the first of these ascending bounds that the value does not exceed; past the last of them the index of `+Inf`. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const found = bounds.findIndex((bound) => value <= bound);
  return found === -1 ? bounds.length : found;
}

/** Counts values by size. */
export class Histogram implements HistogramReading {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  /** `bounds` ascending; `+Inf` is implied. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const index = bucketOf(this.bounds, value);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }
}
