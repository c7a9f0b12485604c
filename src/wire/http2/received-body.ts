import type { HeaderList } from "../http/header-list.ts";
import { MinimumBodyRate, type CountedInput } from "../socket/minimum-body-rate.ts";
import { UNKNOWN_LENGTH, type WireError } from "../seam/rules.ts";
import { Deadline } from "../loop/timer-wheel.ts";
import { DEFAULT_WINDOW_BYTES } from "./frames.ts";
import type { Http2ServerOptions } from "./options.ts";

/** Receives a request body. */
export interface BodyReceiver {
  onBodyChunk(chunk: Uint8Array): void;
  onBodyComplete(trailers: HeaderList | null): void;
  /** The body can never be complete. Last callback. */
  onBodyBroken(code: WireError["code"], detail: string): void;
  /** Bytes that left our hands: the client may send as many again. `credited`: on this stream, too. */
  onBodyConsumed(bytes: number, credited: boolean): void;
}

/** The body of one request. Nothing is handed on before `resume`; what waits stays within the stream's window of 64 KiB. */
export class ReceivedBody implements CountedInput {
  /** Declared length; 0 for none. */
  readonly lengthBytes: number;
  /** The receiver has heard the end. */
  ended = false;
  started = false;
  /** The client said END_STREAM. */
  remoteEnded: boolean;
  bytesRead = 0;
  /** False: of what the stream's window has left, no more is given back. */
  crediting = true;
  readonly #options: Http2ServerOptions;
  readonly #receiver: BodyReceiver;
  #queue: Uint8Array[] = [];
  #deadline: Deadline | null = null;
  #floor: MinimumBodyRate | null = null;
  #trailers: HeaderList | null = null;
  #left: number;
  #wanted = false;
  #unwanted = false;
  /** Bytes the client may still send on this stream. */
  #windowBytes = DEFAULT_WINDOW_BYTES;

  constructor(remoteEnded: boolean, declaredBytes: number, options: Http2ServerOptions, receiver: BodyReceiver) {
    this.remoteEnded = remoteEnded;
    this.lengthBytes = remoteEnded ? 0 : declaredBytes;
    this.#left = this.lengthBytes;
    this.#options = options;
    this.#receiver = receiver;
  }

  /**
   * Takes the payload of a DATA frame, whose `flowBytes` count padding too. False when the client sends more than its window
   * allows. A body that gets longer than it was said to be is broken.
   */
  push(chunk: Uint8Array, flowBytes: number): boolean {
    this.#windowBytes -= flowBytes;
    this.bytesRead += flowBytes;
    if (this.#windowBytes < 0) return false;
    const padding = flowBytes - chunk.length;
    if (padding > 0 || this.#unwanted) this.#consumed(this.#unwanted ? flowBytes : padding);
    if (chunk.length === 0) return true;
    if (this.#left !== UNKNOWN_LENGTH) {
      this.#left -= chunk.length;
      if (this.#left < 0) {
        if (!this.#unwanted) this.#consumed(chunk.length);
        this.#break("malformed", "the body is not as long as its content-length");
        return true;
      }
    }
    if (this.#unwanted) return true;
    if (this.#wanted && this.#queue.length === 0) this.#deliver(chunk);
    else this.#queue.push(chunk);
    return true;
  }

  /** END_STREAM came. */
  finish(trailers: HeaderList | null): void {
    this.remoteEnded = true;
    this.#trailers = trailers;
    if (this.#left > 0) this.#break("malformed", "the body is not as long as its content-length");
    else this.#pump();
  }

  resume(): void {
    if (this.#unwanted || this.ended) return;
    this.started = true;
    this.#wanted = true;
    this.#pump();
    if (!this.#wanted || this.#unwanted || this.ended) return;
    this.#deadline ??= new Deadline(() => this.#break("read-timeout", "the request body stalled"));
    this.#options.wheel.arm(this.#deadline, this.#options.bodyTimeoutMs);
    if (this.lengthBytes === UNKNOWN_LENGTH) return;
    this.#floor ??= new MinimumBodyRate(this.#options.wheel, this, () =>
      this.#break("read-timeout", "the request body trickles"),
    );
    this.#floor.watch();
  }

  pause(): void {
    this.#wanted = false;
    if (this.#deadline !== null) this.#options.wheel.disarm(this.#deadline);
    this.#floor?.rest();
  }

  /** The handler wants no more: the rest is dropped, and reported only by `onBodyConsumed`, or as malformed. */
  discard(): void {
    if (this.#unwanted) return;
    this.#unwanted = true;
    this.#disarm();
    let bytes = 0;
    for (const chunk of this.#queue) bytes += chunk.length;
    this.#queue = [];
    if (bytes > 0) this.#consumed(bytes);
  }

  #pump(): void {
    while (this.#wanted && !this.#unwanted) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      this.#deliver(chunk);
    }
    if (!this.#wanted || this.#unwanted || !this.remoteEnded || this.ended) return;
    this.ended = true;
    this.#disarm();
    this.#receiver.onBodyComplete(this.#trailers);
  }

  #deliver(chunk: Uint8Array): void {
    if (this.#deadline !== null) this.#options.wheel.arm(this.#deadline, this.#options.bodyTimeoutMs);
    this.#consumed(chunk.length);
    this.#receiver.onBodyChunk(chunk);
  }

  #consumed(bytes: number): void {
    if (this.crediting) this.#windowBytes += bytes;
    this.#receiver.onBodyConsumed(bytes, this.crediting && !this.remoteEnded);
  }

  #break(code: WireError["code"], detail: string): void {
    if (this.ended || (this.#unwanted && code !== "malformed")) return;
    this.discard();
    this.#receiver.onBodyBroken(code, detail);
  }

  #disarm(): void {
    if (this.#deadline !== null) this.#options.wheel.disarm(this.#deadline);
    this.#floor?.close();
  }
}
