import { CR, FIELD_TEXT, COLON, HEX_VALUE, LF, SEMICOLON, TOKEN } from "./characters.ts";
import { HEAD_ERRORS, type HeadError } from "./head-error.ts";

/** 13 hexadecimal digits stay below 2^53. */
const MAX_SIZE_DIGITS = 13;
const MAX_EXTENSION_BYTES = 1024;
/** Framing bytes that a sender may spend beyond the payload it sent and what plain small chunks cost. */
const FREE_OVERHEAD_BYTES = 16_384;
const PLAIN_CHUNK_OVERHEAD_BYTES = 16;
const MAX_TRAILER_BYTES = 8192;
const MAX_TRAILER_FIELDS = 32;

const DQUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

type State =
  | "size"
  | "extension-name"
  | "extension-value"
  | "extension-token"
  | "extension-quoted"
  | "extension-escape"
  | "extension-end"
  | "size-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "trailer-start"
  | "trailer-name"
  | "trailer-value"
  | "trailer-lf"
  | "last-lf"
  | "done";

/**
 * Decodes the chunked transfer coding (RFC 9112 §7.1) byte by byte, data in bulk. Nothing is stored: extensions are checked and
 * dropped, trailers are checked and dropped. No optional white space anywhere, CRLF only.
 */
export class ChunkDecoder {
  error: HeadError | null = null;
  /** Bytes of the current chunk's data that are still to come. When above 0, `read` waits for `consumed`. */
  dataLeft = 0;
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  /** Framing bytes that may still be spent; each piece of payload earns more. */
  #overheadLeft = FREE_OVERHEAD_BYTES;
  #trailerBytes = 0;
  #trailerFields = 0;
  #nameBytes = 0;

  start(): void {
    this.error = null;
    this.dataLeft = 0;
    this.#state = "size";
    this.#size = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#overheadLeft = FREE_OVERHEAD_BYTES;
    this.#trailerBytes = 0;
    this.#trailerFields = 0;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  /** Reads framing from `bytes[at, end)` up to data, the end of the body, or an error; returns where it stopped. */
  read(bytes: Buffer, at: number, end: number): number {
    let position = at;
    while (position < end && this.#state !== "data" && this.#state !== "done" && this.error === null) {
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
    switch (this.#state) {
      case "size":
        return this.#takeSize(byte);
      case "extension-name":
      case "extension-value":
      case "extension-token":
      case "extension-quoted":
      case "extension-escape":
      case "extension-end":
        return this.#takeExtension(byte);
      case "size-lf":
        return byte === LF ? this.#beginData() : HEAD_ERRORS.badChunkSize;
      case "data-cr":
        return this.#expect(byte, CR, "data-lf");
      case "data-lf":
        return this.#expect(byte, LF, "size");
      case "trailer-start":
      case "trailer-name":
      case "trailer-value":
      case "trailer-lf":
        return this.#takeTrailer(byte);
      case "last-lf":
        return byte === LF ? this.#enter("done") : HEAD_ERRORS.badTrailer;
      case "data":
      case "done":
        return null;
    }
  }

  #takeSize(byte: number): HeadError | null {
    const digit = HEX_VALUE[byte] as number;
    if (digit !== 255) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
      return this.#digits > MAX_SIZE_DIGITS ? HEAD_ERRORS.badChunkSize : null;
    }
    if (this.#digits === 0) return HEAD_ERRORS.badChunkSize;
    if (byte === CR) return this.#enter("size-lf");
    return byte === SEMICOLON ? this.#enter("extension-name") : HEAD_ERRORS.badChunkSize;
  }

  /** `*( ";" token [ "=" ( token / quoted-string ) ] )` */
  #takeExtension(byte: number): HeadError | null {
    if (++this.#extensionBytes > MAX_EXTENSION_BYTES) return HEAD_ERRORS.badChunkExtension;
    const state = this.#state;
    if (state === "extension-quoted") return this.#takeQuoted(byte);
    if (state === "extension-escape") {
      return FIELD_TEXT[byte] === 1 ? this.#enter("extension-quoted") : HEAD_ERRORS.badChunkExtension;
    }
    if (TOKEN[byte] === 1 && state !== "extension-end") return this.#takeExtensionToken();
    if (state === "extension-value" && byte === DQUOTE) return this.#enter("extension-quoted");
    // A name or a value must have begun before anything but itself may follow.
    if (state === "extension-value" || (state === "extension-name" && this.#nameBytes === 0)) {
      return HEAD_ERRORS.badChunkExtension;
    }
    if (byte === EQUALS && state === "extension-name") return this.#enter("extension-value");
    if (byte === SEMICOLON) return this.#enter("extension-name");
    return byte === CR ? this.#enter("size-lf") : HEAD_ERRORS.badChunkExtension;
  }

  #takeExtensionToken(): null {
    this.#nameBytes++;
    if (this.#state === "extension-value") this.#state = "extension-token";
    return null;
  }

  #takeQuoted(byte: number): HeadError | null {
    if (byte === DQUOTE) return this.#enter("extension-end");
    if (byte === BACKSLASH) return this.#enter("extension-escape");
    return FIELD_TEXT[byte] === 1 ? null : HEAD_ERRORS.badChunkExtension;
  }

  #beginData(): null {
    this.dataLeft = this.#size;
    this.#state = this.#size === 0 ? "trailer-start" : "data";
    this.#size = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#overheadLeft += PLAIN_CHUNK_OVERHEAD_BYTES;
    return null;
  }

  #takeTrailer(byte: number): HeadError | null {
    if (this.#state === "trailer-start" && byte === CR) return this.#enter("last-lf");
    if (++this.#trailerBytes > MAX_TRAILER_BYTES) return HEAD_ERRORS.trailersTooLarge;
    switch (this.#state) {
      case "trailer-start":
        if (++this.#trailerFields > MAX_TRAILER_FIELDS) return HEAD_ERRORS.trailersTooLarge;
        return TOKEN[byte] === 1 ? this.#enter("trailer-name") : HEAD_ERRORS.badTrailer;
      case "trailer-name":
        if (byte === COLON) return this.#enter("trailer-value");
        return TOKEN[byte] === 1 ? null : HEAD_ERRORS.badTrailer;
      case "trailer-value":
        if (byte === CR) return this.#enter("trailer-lf");
        return FIELD_TEXT[byte] === 1 ? null : HEAD_ERRORS.badTrailer;
      default:
        return this.#expect(byte, LF, "trailer-start");
    }
  }

  #expect(byte: number, expected: number, next: State): HeadError | null {
    if (byte === expected) return this.#enter(next);
    return next === "trailer-start" ? HEAD_ERRORS.badTrailer : HEAD_ERRORS.badChunkEnd;
  }

  #enter(state: State): null {
    if (state === "extension-name") this.#nameBytes = 0;
    this.#state = state;
    return null;
  }
}
