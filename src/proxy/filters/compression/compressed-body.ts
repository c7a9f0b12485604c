import { type BrotliCompress, constants, createBrotliCompress, createGzip, type Gzip } from "node:zlib";
import type { HeaderList } from "../../../wire/wire.ts";
import { type BodySink, BodyStep } from "../../request/body-sink.ts";
import type { Coding } from "./accept-encoding.ts";

/** As in nginx: 512 KiB. The usual 4 MiB would let clients that ask often and read slowly take much memory. */
const BROTLI_WINDOW_BITS = 19;

/** How a body is compressed. */
export interface BodyCoding {
  readonly coding: Coding;
  readonly level: number;
  /** Everything is sent as soon as nothing more is there to compress: for bodies that nobody knows the end of. */
  readonly flushes: boolean;
}

/**
 * Compresses in the thread pool. Holds one chunk and what zlib holds: its window, and up to 16 KiB on either side. While the client takes
 * nothing zlib does nothing, and then nothing more is taken from the upstream.
 */
export class CompressedBody extends BodyStep {
  readonly #zlib: Gzip | BrotliCompress;
  readonly #coding: BodyCoding;
  /** Chunks that zlib has not taken yet. */
  #pending = 0;
  #stopped = false;
  #ended = false;
  #trailers: HeaderList | null = null;

  constructor(next: BodySink, coding: BodyCoding) {
    super(next);
    this.#coding = coding;
    this.#zlib = openZlib(coding);
    this.#zlib.on("data", (chunk: Uint8Array) => this.#guard(() => this.#pass(chunk)));
    this.#zlib.on("drain", () => this.#guard(() => this.#askForMore()));
    this.#zlib.on("end", () => this.#guard(() => super.end(this.#trailers)));
    this.#zlib.on("error", () => {
      if (!this.#stopped) this.abort();
    });
  }

  override write(chunk: Uint8Array): boolean {
    if (this.#stopped) return true;
    this.#pending++;
    // Lent until the end of the turn.
    return this.#zlib.write(Buffer.from(chunk), this.#onTaken);
  }

  override end(trailers: HeaderList | null): void {
    if (this.#stopped) return;
    this.#ended = true;
    this.#trailers = trailers;
    this.#zlib.end();
  }

  override abort(): void {
    this.stop();
    super.abort();
  }

  /** The client takes more. */
  override resume(): void {
    if (!this.#stopped) this.#zlib.resume();
  }

  /** Gives back all memory; nothing is passed on from now on. */
  stop(): void {
    this.#stopped = true;
    this.#zlib.destroy();
  }

  readonly #onTaken = (): void => {
    this.#pending--;
    if (this.#pending > 0 || this.#ended || this.#stopped || !this.#coding.flushes) return;
    this.#zlib.flush(this.#coding.coding === "br" ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH);
  };

  #pass(chunk: Uint8Array): void {
    if (!this.next.write(chunk)) this.#zlib.pause();
  }

  #askForMore(): void {
    if (!this.#ended) super.resume();
  }

  /** Nobody behind zlib takes a fault of the steps before and after: it ends this response. */
  #guard(step: () => void): void {
    if (this.#stopped) return;
    try {
      step();
    } catch {
      this.abort();
    }
  }
}

function openZlib({ coding, level }: BodyCoding): Gzip | BrotliCompress {
  if (coding === "gzip") return createGzip({ level });
  const params = { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS };
  return createBrotliCompress({ params });
}
