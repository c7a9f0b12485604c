import { CR, HEX_VALUE, HTAB, LF, SEMICOLON, SP } from "../http/characters.ts";
import { ChunkExtension } from "./chunk-extension.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";
import { TrailerSection } from "./trailer-section.ts";

/** 13 hexadecimal digits stay below 2^53. */
const MAX_SIZE_DIGITS = 13;
/** Framing bytes that a sender may spend beyond the payload it sent and what plain small chunks cost. */
const FREE_OVERHEAD_BYTES = 16_384;
const PLAIN_CHUNK_OVERHEAD_BYTES = 16;

/** Whether blanks may stand between a chunk's size and the end of its line. Some servers write sizes of a fixed width. */
export type ChunkPadding = "refused" | "read";

type State = "size" | "padding" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailers";

/**
 * Decodes the chunked transfer coding (RFC 9112 §7.1): framing byte by byte, data in bulk. Nothing is stored: extensions and
 * trailers are checked and dropped. No optional white space anywhere but for padding that is asked for, CRLF only.
 */
export class ChunkDecoder {
  error: HeadError | null = null;
  /** Bytes of the current chunk's data that are still to come. While above 0, `read` waits for `consumed`. */
  dataLeft = 0;
  #state: State = "size";
  #size = 0;
  #digits = 0;
  /** Framing bytes that may still be spent; each piece of payload earns more. */
  #overheadLeft = FREE_OVERHEAD_BYTES;
  readonly #extension = new ChunkExtension();
  readonly #trailers = new TrailerSection();
  readonly #padding: ChunkPadding;

  constructor(padding: ChunkPadding) {
    this.#padding = padding;
  }

  start(): void {
    this.error = null;
    this.dataLeft = 0;
    this.#state = "size";
    this.#size = 0;
    this.#digits = 0;
    this.#overheadLeft = FREE_OVERHEAD_BYTES;
    this.#trailers.start();
  }

  get done(): boolean {
    return this.#trailers.done;
  }

  /** Reads framing from `bytes[at, end)` up to data, the end of the body, or an error; returns where it stopped. */
  read(bytes: Buffer, at: number, end: number): number {
    let position = at;
    while (position < end && this.dataLeft === 0 && this.error === null && !this.done) {
      this.error = this.#takeByte(bytes[position] as number);
      position++;
    }
    return position;
  }

  /** That many bytes of data were handed on. */
  consumed(bytes: number): void {
    this.dataLeft -= bytes;
    this.#overheadLeft += bytes;
    if (this.dataLeft === 0) this.#state = "data-cr";
  }

  #takeByte(byte: number): HeadError | null {
    if (--this.#overheadLeft < 0) return HEAD_ERRORS.tooMuchChunkOverhead;
    if (this.#state === "size") return this.#takeSize(byte);
    if (this.#state === "size-lf") return byte === LF ? this.#beginData() : HEAD_ERRORS.badChunkSize;
    if (this.#state === "padding") return this.#takePadding(byte);
    if (this.#state === "extension") return this.#takeExtension(byte);
    if (this.#state === "trailers") return this.#trailers.take(byte);
    if (byte !== (this.#state === "data-cr" ? CR : LF)) return HEAD_ERRORS.badChunkEnd;
    this.#state = this.#state === "data-cr" ? "data-lf" : "size";
    return null;
  }

  #takeSize(byte: number): HeadError | null {
    const digit = HEX_VALUE[byte] as number;
    if (digit < 16) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
      return this.#digits > MAX_SIZE_DIGITS ? HEAD_ERRORS.badChunkSize : null;
    }
    if (this.#digits === 0) return HEAD_ERRORS.badChunkSize;
    if (byte === SP || byte === HTAB) return this.#takePadding(byte);
    if (byte !== CR && byte !== SEMICOLON) return HEAD_ERRORS.badChunkSize;
    this.#state = byte === CR ? "size-lf" : "extension";
    this.#extension.start();
    return null;
  }

  #takePadding(byte: number): HeadError | null {
    if (this.#padding === "refused") return HEAD_ERRORS.badChunkSize;
    if (byte !== SP && byte !== HTAB && byte !== CR) return HEAD_ERRORS.badChunkSize;
    this.#state = byte === CR ? "size-lf" : "padding";
    return null;
  }

  #takeExtension(byte: number): HeadError | null {
    if (byte === CR && this.#extension.complete) {
      this.#state = "size-lf";
      return null;
    }
    return this.#extension.take(byte) ? null : HEAD_ERRORS.badChunkExtension;
  }

  #beginData(): null {
    this.dataLeft = this.#size;
    this.#state = this.#size === 0 ? "trailers" : "data";
    this.#size = 0;
    this.#digits = 0;
    this.#overheadLeft += PLAIN_CHUNK_OVERHEAD_BYTES;
    return null;
  }
}
