/** What one message is made of: latin1 text and bytes. */
export type Parts = readonly (string | Uint8Array)[];

const SLAB_BYTES = 16_384;
/** How many wait to be used again; what goes beyond is left to the garbage collector. */
const SPARE_LIMIT = 128;

/** All of one thread. Mostly one write is over before the next begins, so that the same few are used, which lie in the caches. */
const spare: Buffer[] = [];

/**
 * Memory to write from, in pieces of equal size: lent bytes are copied into it when they are written, and it is used again as soon as
 * the kernel has them. While a client is slow only the slabs are held that it has not taken yet. Garbage would be collected too
 * late: V8 tolerates 64 MB of it outside of its heap.
 */
export class Slabs {
  /** Filled; the last one may be longer than what is in it. */
  readonly #slabs: Buffer[] = [];
  readonly #bytes: number;

  /** Copies parts that have so many bytes in all. */
  constructor(parts: Parts, bytes: number) {
    this.#bytes = bytes;
    for (let left = bytes; left > 0; left -= SLAB_BYTES) {
      this.#slabs.push(spare.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES));
    }
    let at = 0;
    for (const part of parts) at = typeof part === "string" ? this.#putText(part, at) : this.#putBytes(part, at);
  }

  /** What is to be written. */
  get views(): readonly Buffer[] {
    const views = this.#slabs.slice();
    const last = views.length - 1;
    const end = this.#bytes - last * SLAB_BYTES;
    if (end < SLAB_BYTES) views[last] = (views[last] as Buffer).subarray(0, end);
    return views;
  }

  /**
   * The kernel has all but so many bytes at the end: the slabs before them are free. None is when more wait, as they do behind
   * earlier writes. Called at most once, before `release`.
   */
  releaseBut(unsentBytes: number): void {
    this.#free(Math.max(0, Math.floor((this.#bytes - unsentBytes) / SLAB_BYTES)));
  }

  /** Nobody looks at any of it any more. */
  release(): void {
    this.#free(this.#slabs.length);
  }

  #free(count: number): void {
    const slabs = this.#slabs;
    for (let i = 0; i < count && spare.length < SPARE_LIMIT; i++) spare.push(slabs[i] as Buffer);
    slabs.splice(0, count);
  }

  #putText(text: string, start: number): number {
    let at = start;
    for (let from = 0; from < text.length;) {
      const rest = from === 0 ? text : text.slice(from);
      const written = this.#slabAt(at).write(rest, at % SLAB_BYTES, "latin1");
      from += written;
      at += written;
    }
    return at;
  }

  #putBytes(bytes: Uint8Array, start: number): number {
    const source = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = start;
    for (let from = 0; from < source.length;) {
      const copied = source.copy(this.#slabAt(at), at % SLAB_BYTES, from);
      from += copied;
      at += copied;
    }
    return at;
  }

  #slabAt(at: number): Buffer {
    return this.#slabs[Math.floor(at / SLAB_BYTES)] as Buffer;
  }
}
