import { ClosedStreams, type Closing } from "./closed-streams.ts";
import { CODE } from "./frames.ts";
import type { Http2ServerStream } from "./server-stream.ts";
import type { EndedStream } from "./stream-owner.ts";
import type { SendQueue } from "./send-queue.ts";

/** The open streams of one connection, those of them that wait for room to send, and how the last closed ones ended. */
export class StreamTable {
  readonly closed = new ClosedStreams();
  readonly #streams = new Map<number, Http2ServerStream>();
  readonly #waiting = new Set<SendQueue>();
  #pumping = false;

  get size(): number {
    return this.#streams.size;
  }

  get(id: number): Http2ServerStream | undefined {
    return this.#streams.get(id);
  }

  add(stream: Http2ServerStream): void {
    this.#streams.set(stream.id, stream);
  }

  remove(stream: EndedStream, closing: Closing): void {
    this.#streams.delete(stream.id);
    this.closed.note(stream.id, closing);
    this.#waiting.delete(stream.queue);
  }

  wait(queue: SendQueue): void {
    this.#waiting.add(queue);
  }

  /** Lets those that wait send, in turns, as long as there is room. */
  pump(hasRoom: () => boolean): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#waiting.size > 0 && hasRoom()) {
      const round = [...this.#waiting];
      this.#waiting.clear();
      for (const queue of round) queue.resume();
    }
    this.#pumping = false;
  }

  /** The client changed the initial window: it counts for open streams too (RFC 9113 §6.9.2). False on overflow. */
  widenAll(bytes: number): boolean {
    let fits = true;
    for (const stream of this.#streams.values()) fits = stream.queue.widen(bytes) && fits;
    return fits;
  }

  /** The connection is gone: reports that to every handler. */
  vanishAll(detail: string): void {
    for (const stream of this.#streams.values()) stream.vanish("closed", detail);
  }

  /** We cut the connection: the clients see that what they have is not complete. */
  cutAll(): void {
    for (const stream of this.#streams.values()) {
      stream.reset(CODE.internalError);
      stream.lose("aborted", "the connection was cut");
    }
  }
}
