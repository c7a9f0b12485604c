import { Buffer } from "node:buffer";
import { isBorrowed } from "./read-buffer.ts";

const FIRST_CAPACITY = 512;

/**
 * Bytes received and not used yet, `bytes[at, end)`. A chunk that arrives when nothing is waiting is taken without copying;
 * otherwise bytes are appended to a buffer that doubles, so that one-byte packets cost linear time.
 */
export class InputBuffer {
  bytes: Buffer = EMPTY;
  at = 0;
  end = 0;
  /** True when `bytes` is ours to append to. */
  #owned = false;
  /** True while `bytes` is lent. */
  #borrowed = false;
  readonly #pieces: "own" | "lent";

  /** `lent`: what `take` gives out may lie in `READ_BUFFER`. */
  constructor(pieces: "own" | "lent" = "own") {
    this.#pieces = pieces;
  }

  get length(): number {
    return this.end - this.at;
  }

  /** The first `length` bytes; those of `READ_BUFFER` are only ours until `detach`. */
  receive(bytes: Buffer, length: number): void {
    if (this.at === this.end) {
      this.bytes = bytes;
      this.at = 0;
      this.end = length;
      this.#owned = false;
      this.#borrowed = isBorrowed(bytes);
      return;
    }
    this.#reserve(length);
    bytes.copy(this.bytes, this.end, 0, length);
    this.end += length;
  }

  /** The next `length` bytes, removed from the input; the caller may keep them, unless they are lent. */
  take(length: number): Buffer {
    const piece = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    if (this.#borrowed) return this.#pieces === "own" ? Buffer.from(piece) : piece;
    // The receiver may keep the piece: it must not be overwritten by what is appended later.
    this.#owned = false;
    return piece;
  }

  /** Called when `READ_BUFFER` is about to be used again: what is left in it is copied. */
  detach(): void {
    if (this.at === this.end) this.clear();
    else if (this.#borrowed) this.#move(this.length);
  }

  clear(): void {
    this.bytes = EMPTY;
    this.at = 0;
    this.end = 0;
    this.#owned = false;
    this.#borrowed = false;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (this.#owned && this.end + more <= this.bytes.length) return;
    this.#move(needed);
  }

  #move(needed: number): void {
    const capacity = Math.max(FIRST_CAPACITY, needed > this.length ? needed * 2 : needed);
    const moved = Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(moved, 0, this.at, this.end);
    this.end = this.length;
    this.at = 0;
    this.bytes = moved;
    this.#owned = true;
    this.#borrowed = false;
  }
}

const EMPTY = Buffer.alloc(0);
