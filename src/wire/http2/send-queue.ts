import { FLAG, FRAME, MAX_FRAME_BYTES, MAX_WINDOW_BYTES } from "./frames.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** What the send queues of one connection share. */
export interface SendSide {
  readonly out: FrameWriter;
  /** Bytes of DATA that the client and the socket take now, over all streams. */
  readonly sendableBytes: number;
  spend(bytes: number): void;
  /** The queue is sent on when there is room again. */
  wait(queue: SendQueue): void;
}

/** The body of one response: what the windows do not let through yet waits here. */
export class SendQueue {
  readonly #streamId: number;
  readonly #side: SendSide;
  readonly #onProgress: () => void;
  /** Bytes that the client takes on this stream; below zero after it shrank its window. */
  #windowBytes: number;
  #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are sent. */
  #offset = 0;
  bytes = 0;
  /** `end` was called. */
  ending = false;
  /** END_STREAM is on its way. */
  ended = false;
  #trailers: readonly string[] | null = null;

  /** @param onProgress Called after bytes were framed later than they were written. */
  constructor(streamId: number, windowBytes: number, side: SendSide, onProgress: () => void) {
    this.#streamId = streamId;
    this.#windowBytes = windowBytes;
    this.#side = side;
    this.#onProgress = onProgress;
  }

  /** Nothing may follow `last`: it carries END_STREAM. */
  write(chunk: Uint8Array, last: boolean): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
    if (last) this.ending = true;
    this.#send();
  }

  end(trailers: readonly string[] | null): void {
    if (this.ending) return;
    this.ending = true;
    this.#trailers = trailers;
    if (this.bytes === 0) this.#sendEnd();
  }

  /** False when the window grows beyond what the protocol allows. */
  widen(bytes: number): boolean {
    this.#windowBytes += bytes;
    if (this.#windowBytes > MAX_WINDOW_BYTES) return false;
    if (bytes > 0) this.resume();
    return true;
  }

  /** There may be room again. */
  resume(): void {
    const before = this.bytes;
    this.#send();
    if (this.bytes < before) this.#onProgress();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#chunks = [];
    this.bytes = 0;
    this.ended = true;
  }

  #send(): void {
    const side = this.#side;
    while (this.bytes > 0) {
      const chunk = this.#chunks[0] as Uint8Array;
      const left = chunk.length - this.#offset;
      const size = Math.min(left, MAX_FRAME_BYTES, this.#windowBytes, side.sendableBytes);
      if (size <= 0) {
        if (this.#windowBytes > 0) side.wait(this);
        return;
      }
      const piece = size === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + size);
      this.#offset += size;
      if (size === left) {
        this.#chunks.shift();
        this.#offset = 0;
      }
      this.bytes -= size;
      this.#windowBytes -= size;
      side.spend(size);
      const isLast = this.bytes === 0 && this.ending && this.#trailers === null;
      if (isLast) this.ended = true;
      side.out.data(this.#streamId, isLast ? FLAG.endStream : 0, piece);
    }
    if (this.ending && !this.ended) this.#sendEnd();
  }

  #sendEnd(): void {
    if (this.ended) return;
    this.ended = true;
    const { out } = this.#side;
    if (this.#trailers === null) out.frame(FRAME.data, FLAG.endStream, this.#streamId, NOTHING);
    else out.headers(this.#streamId, FLAG.endStream, this.#trailers);
  }
}

const NOTHING = new Uint8Array(0);
