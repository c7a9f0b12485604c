/** One series of numbers: counted in by one data plane, printed by the control plane, which reads it where it lies. */
export interface CellNotice {
  readonly family: "requests" | "proxy-errors" | "finished";
  /** `namespace/name` of the Ingress that the series goes with; empty for none. */
  readonly ingress: string;
  /** Identifies the series: `a="1",b="2"`, escaped already. For proxy errors as `errorLabels` has it, empty for the number of finished requests. */
  readonly labels: string;
  /** Labels of other series of the Ingress that are to be printed from zero beside it. */
  readonly watched: readonly string[];
  readonly cell: Float64Array<SharedArrayBuffer>;
}

/** Numbers of one piece of shared memory: 64 KiB. */
const PIECE_NUMBERS = 8192;

/** A place in a piece. */
interface Place {
  readonly numbers: Float64Array<SharedArrayBuffer>;
  readonly start: number;
}

/** Hands out cells in shared memory, many from one piece. A piece lives as long as either side holds one of its cells. */
export class CellArena {
  #piece = new Float64Array(new SharedArrayBuffer(0));
  #used = 0;

  /** Zeroed, not longer than a piece. */
  allocate(length: number): Place {
    if (this.#used + length > this.#piece.length) {
      this.#piece = new Float64Array(new SharedArrayBuffer(PIECE_NUMBERS * Float64Array.BYTES_PER_ELEMENT));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return { numbers: this.#piece, start };
  }
}
