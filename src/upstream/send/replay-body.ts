/** How much of a request body is kept for another attempt; a longer body is sent once. */
const KEEP_LIMIT_BYTES = 65_536;
/** Many tiny chunks are joined, since each costs more than its bytes. */
const MAX_CHUNKS = 64;

const NONE: readonly Uint8Array[] = [];

/** What was written of a request body, as long as it may have to be written again. */
export class ReplayBody {
  /** Most requests have no body. */
  #chunks: Uint8Array[] | null = null;
  #bytes = 0;
  #keeping: boolean;
  #lost = false;

  /** @param keeping False: nothing is kept once it was sent. */
  constructor(keeping: boolean) {
    this.#keeping = keeping;
  }

  /** True while every byte that was written is still here. */
  get replayable(): boolean {
    return !this.#lost;
  }

  get chunks(): readonly Uint8Array[] {
    return this.#chunks ?? NONE;
  }

  /** A chunk that has to wait for a connection: always held. */
  hold(chunk: Uint8Array): void {
    this.#add(chunk);
  }

  /** A chunk that goes out now: kept if there is room. */
  pass(chunk: Uint8Array): void {
    if (this.#lost) return;
    if (this.#keeping && this.#bytes + chunk.length <= KEEP_LIMIT_BYTES) this.#add(compact(chunk));
    else this.#forget();
  }

  /** Everything held was sent. */
  sent(): void {
    if (this.#bytes > 0 && (!this.#keeping || this.#bytes > KEEP_LIMIT_BYTES)) this.#forget();
  }

  /** No further attempt will be made: frees the bytes. */
  release(): void {
    this.#keeping = false;
    if (this.#bytes > 0) this.#forget();
  }

  #add(chunk: Uint8Array): void {
    // A new array, since the old one may be being written at the moment.
    if (this.#chunks === null) this.#chunks = [];
    else if (this.#chunks.length === MAX_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)];
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  #forget(): void {
    this.#chunks = null;
    this.#bytes = 0;
    this.#lost = true;
  }
}

/** A small piece must not keep a large read buffer alive. */
function compact(chunk: Uint8Array): Uint8Array {
  return chunk.length * 4 < chunk.buffer.byteLength ? new Uint8Array(chunk) : chunk;
}
