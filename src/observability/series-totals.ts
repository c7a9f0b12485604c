import type { CellNotice } from "./cell-arena.ts";

/** A series added up over all data planes. */
export interface SeriesTotal {
  readonly labels: string;
  readonly cell: Float64Array;
}

interface Series {
  readonly ingress: string;
  readonly labels: string;
  /** By data plane. */
  readonly live: Map<number, Float64Array>;
  /** What data planes that are no more have counted: counters never go back. */
  retired: Float64Array | null;
}

/** The series of one family, over all data planes, living and dead. */
export class SeriesTotals {
  readonly #series = new Map<string, Series>();

  add(owner: number, { ingress, labels, cell }: CellNotice): void {
    const series = this.#series.get(labels) ?? { ingress, labels, live: new Map(), retired: null };
    this.#series.set(labels, series);
    const before = series.live.get(owner);
    if (before !== undefined) series.retired = sum([before, ...listOf(series.retired)]);
    series.live.set(owner, cell);
  }

  /** A data plane serves the Ingress no more: what it counted for it goes, and so does what the dead ones had. */
  forget(owner: number, ingress: string): void {
    for (const [labels, series] of this.#series) {
      if (series.ingress !== ingress) continue;
      series.live.delete(owner);
      series.retired = null;
      if (series.live.size === 0) this.#series.delete(labels);
    }
  }

  /** A data plane is no more; what it counted stays. */
  retire(owner: number): void {
    for (const series of this.#series.values()) {
      const cell = series.live.get(owner);
      if (cell === undefined) continue;
      series.retired = sum([cell, ...listOf(series.retired)]);
      series.live.delete(owner);
    }
  }

  totals(): readonly SeriesTotal[] {
    return [...this.#series.values()].map(({ labels, live, retired }) => ({
      labels,
      cell: sum([...live.values(), ...listOf(retired)]),
    }));
  }
}

function listOf(cell: Float64Array | null): Float64Array[] {
  return cell === null ? [] : [cell];
}

function sum(cells: readonly Float64Array[]): Float64Array {
  const [first, ...others] = cells;
  const total = new Float64Array(first ?? []);
  for (const cell of others) for (const [i, value] of cell.entries()) total[i] = (total[i] ?? 0) + value;
  return total;
}
