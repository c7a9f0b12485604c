import { constants, type ServerHttp2Stream } from "node:http2";
import { HeaderList } from "../header-list.ts";
import { UNKNOWN_LENGTH, type WireError } from "../seam.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Http2ServerOptions } from "./options.ts";
import { isTrailerName } from "./response-fields.ts";

/** Who gets a request body. */
export interface BodyReceiver {
  onBodyChunk(chunk: Buffer): void;
  onBodyComplete(trailers: HeaderList | null): void;
  /** The body can never be complete. Last callback. */
  onBodyBroken(code: WireError["code"], detail: string): void;
}

/** The body of one request. Nothing is read before `resume`; what is not read stays within the stream's window of 64 KiB. */
export class RequestBody {
  /** Declared length; 0 for none. */
  readonly lengthBytes: number;
  receivedBytes = 0;
  /** The receiver has heard the end, or nothing was ever to come. */
  ended = false;
  started = false;

  readonly #stream: ServerHttp2Stream;
  readonly #options: Http2ServerOptions;
  readonly #receiver: BodyReceiver;
  #deadline: Deadline | null = null;
  #trailers: HeaderList | null = null;
  #unwanted = false;

  constructor(stream: ServerHttp2Stream, declaredBytes: number, options: Http2ServerOptions, receiver: BodyReceiver) {
    this.#stream = stream;
    this.#options = options;
    this.#receiver = receiver;
    this.lengthBytes = stream.endAfterHeaders ? 0 : declaredBytes;
  }

  /** True when DATA frames may come, be they empty. */
  get expected(): boolean {
    return !this.#stream.endAfterHeaders;
  }

  resume(): void {
    if (this.#unwanted || this.ended) return;
    if (!this.expected) {
      this.#complete();
      return;
    }
    if (this.started) this.#stream.resume();
    else this.#start();
    this.#deadline ??= new Deadline(() => this.#receiver.onBodyBroken("read-timeout", "the request body stalled"));
    this.#options.wheel.arm(this.#deadline, this.#options.bodyTimeoutMs);
  }

  pause(): void {
    if (!this.started || this.#unwanted) return;
    this.#stream.pause();
    this.#disarm();
  }

  /** Nobody wants the rest: no callback comes any more, and what arrives is dropped. */
  discard(): void {
    this.#unwanted = true;
    this.#disarm();
    if (this.started && !this.ended) this.#stream.resume();
  }

  #start(): void {
    this.started = true;
    const stream = this.#stream;
    stream.on("trailers", (fields: object) => this.#takeTrailers(fields));
    stream.on("end", () => this.#onEnd());
    stream.on("data", (chunk: Buffer) => this.#onData(chunk));
  }

  #onData(chunk: Buffer): void {
    if (this.#unwanted) return;
    this.receivedBytes += chunk.length;
    if (this.#deadline !== null) this.#options.wheel.arm(this.#deadline, this.#options.bodyTimeoutMs);
    this.#receiver.onBodyChunk(chunk);
  }

  /** A body that is not as long as it was said to be never counts as complete. */
  #onEnd(): void {
    if (this.#unwanted || this.#wasReset) return;
    if (this.lengthBytes === UNKNOWN_LENGTH || this.receivedBytes === this.lengthBytes) this.#complete();
    else this.#receiver.onBodyBroken("malformed", "the body is not as long as its content-length");
  }

  /** After a reset node:http2 ends the readable side as if all had come. */
  get #wasReset(): boolean {
    return this.#stream.aborted || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR;
  }

  #complete(): void {
    this.ended = true;
    this.#disarm();
    this.#receiver.onBodyComplete(this.#trailers);
  }

  #takeTrailers(fields: object): void {
    const trailers = new HeaderList();
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === "string" && isTrailerName(name)) trailers.push(name, name, value);
    }
    if (trailers.length > 0) this.#trailers = trailers;
  }

  #disarm(): void {
    if (this.#deadline !== null) this.#options.wheel.disarm(this.#deadline);
  }
}
