import { ChunkDecoder, type ChunkPadding } from "./chunk-decoder.ts";
import type { HeadError } from "../http/refusals.ts";
import type { InputBuffer } from "../socket/input-buffer.ts";

/** How the end of a body is found (RFC 9112 §6.3). */
export type BodyFraming = "none" | "length" | "chunked" | "until-close";

/** Takes one body out of the input, piece by piece. One object serves every message of a connection. */
export class BodyReader {
  /** Bytes of chunk framing and trailers that were taken from this body. */
  framingBytes = 0;
  #framing: BodyFraming = "none";
  #left = 0;
  /** Made for the first body in chunks: most connections never have one. */
  #chunks: ChunkDecoder | null = null;
  readonly #padding: ChunkPadding;

  /** Of chunk sizes. */
  constructor(padding: ChunkPadding) {
    this.#padding = padding;
  }

  /** `lengthBytes` counts for the framing `length` only. */
  start(framing: BodyFraming, lengthBytes: number): void {
    this.framingBytes = 0;
    this.#framing = framing;
    this.#left = framing === "length" ? lengthBytes : 0;
    if (framing === "chunked") this.#decoder.start();
  }

  /** True when nothing of the body is left to read. */
  get done(): boolean {
    if (this.#framing === "chunked") return this.#decoder.done;
    return this.#framing !== "until-close" && this.#left === 0;
  }

  get error(): HeadError | null {
    return this.#framing === "chunked" ? this.#decoder.error : null;
  }

  get endsWithConnection(): boolean {
    return this.#framing === "until-close";
  }

  /** True when the rest of the body is certainly in the input already. */
  isBuffered(input: InputBuffer): boolean {
    return this.done || (this.#framing === "length" && this.#left <= input.length);
  }

  /** True when the input holds less than the body's declared length. */
  lacks(input: InputBuffer): boolean {
    return this.#framing === "length" && this.#left > input.length;
  }

  /** The next piece, or null when the input held framing only: then look at `done`, `error` and the input. */
  read(input: InputBuffer): Buffer | null {
    if (this.#framing === "chunked") return this.#readChunk(input);
    const length = this.#framing === "until-close" ? input.length : Math.min(this.#left, input.length);
    if (length === 0) return null;
    if (this.#framing === "length") this.#left -= length;
    return input.take(length);
  }

  get #decoder(): ChunkDecoder {
    this.#chunks ??= new ChunkDecoder(this.#padding);
    return this.#chunks;
  }

  #readChunk(input: InputBuffer): Buffer | null {
    const chunks = this.#decoder;
    if (chunks.dataLeft === 0) {
      const { at } = input;
      input.at = chunks.read(input.bytes, at, input.end);
      this.framingBytes += input.at - at;
    }
    const length = Math.min(chunks.dataLeft, input.length);
    if (length === 0 || chunks.error !== null) return null;
    chunks.consumed(length);
    return input.take(length);
  }
}
