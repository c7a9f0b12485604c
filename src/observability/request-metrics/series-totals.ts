import type { CellNotice } from "./cell-arena.ts";

/** A series added up over all data planes. */
export interface SeriesTotal {
  readonly labels: string;
  /** The number at an index of its cells. */
  at(index: number): number;
}

/** The series of one family, over all data planes, living and dead. */
export class SeriesTotals {
  /** By Ingress (`namespace/name`), then by labels. */
  readonly #byIngress = new Map<string, Map<string, Series>>();

  add(owner: number, { ingress, labels, watched, cell }: CellNotice): void {
    this.#series(ingress, labels).add(owner, cell);
    for (const other of watched) this.#series(ingress, other);
  }

  /** Prints the series from zero, before anything was counted. */
  watch(ingress: string, labels: string): void {
    this.#series(ingress, labels);
  }

  /** A data plane serves the Ingress no more: what it counted for it goes, and so does what the dead ones had. */
  forget(owner: number, ingress: string): void {
    const ofIngress = this.#byIngress.get(ingress);
    if (ofIngress === undefined) return;
    for (const [labels, series] of ofIngress) if (series.forget(owner) === "unused") ofIngress.delete(labels);
    if (ofIngress.size === 0) this.#byIngress.delete(ingress);
  }

  /** A data plane is no more; what it counted stays. */
  retire(owner: number): void {
    for (const ofIngress of this.#byIngress.values()) for (const series of ofIngress.values()) series.retire(owner);
  }

  totals(): readonly SeriesTotal[] {
    return [...this.#byIngress.values()].flatMap((ofIngress) => [...ofIngress.values()]);
  }

  #series(ingress: string, labels: string): Series {
    const ofIngress = this.#byIngress.get(ingress) ?? new Map<string, Series>();
    this.#byIngress.set(ingress, ofIngress);
    const series = ofIngress.get(labels) ?? new Series(labels);
    ofIngress.set(labels, series);
    return series;
  }
}

class Series implements SeriesTotal {
  readonly labels: string;
  readonly #live = new Map<number, Float64Array>();
  /** What data planes that are no more have counted: counters never go back. */
  #retired: Float64Array | null = null;

  constructor(labels: string) {
    this.labels = labels;
  }

  at(index: number): number {
    let sum = this.#retired?.[index] ?? 0;
    for (const cell of this.#live.values()) sum += cell[index] ?? 0;
    return sum;
  }

  add(owner: number, cell: Float64Array): void {
    this.retire(owner);
    this.#live.set(owner, cell);
  }

  forget(owner: number): "used" | "unused" {
    this.#live.delete(owner);
    this.#retired = null;
    return this.#live.size === 0 ? "unused" : "used";
  }

  retire(owner: number): void {
    const cell = this.#live.get(owner);
    if (cell === undefined) return;
    this.#live.delete(owner);
    const before = this.#retired;
    this.#retired = cell.map((value, index) => value + (before?.[index] ?? 0));
  }
}
