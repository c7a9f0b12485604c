import { DEFAULT_WINDOW_BYTES } from "./frames.ts";
import type { StreamState } from "./stream-states.ts";

/** How a stream came to its end. */
export type Closing = Extract<StreamState, "ended" | "resetByClient" | "resetByUs">;

/** The client closed these, so nothing of them is under way: remembered only to name a fault of the client. */
const BY_CLIENT_LIMIT = 32;
/**
 * Of these, frames may be under way for a round trip. A client sees room for another stream only when it has heard of the reset, so
 * that with the default of 128 streams no more than this matter.
 */
const RESET_BY_US_LIMIT = 256;

/**
 * How the last streams of one connection ended. What is older is forgotten: a frame for it is a fault of the client, since
 * it has had the time to receive the end.
 */
export class ClosedStreams {
  /** A ring of identifiers, which are odd; for those that the client reset, one more. */
  #byClient: Uint32Array | null = null;
  #closings = 0;
  /** Bytes that may still come, by the stream. */
  #resetByUs: Map<number, number> | null = null;

  note(streamId: number, closing: Closing): void {
    if (closing === "resetByUs") {
      this.#noteReset(streamId);
      return;
    }
    this.#byClient ??= new Uint32Array(BY_CLIENT_LIMIT);
    this.#byClient[this.#closings % BY_CLIENT_LIMIT] = closing === "ended" ? streamId : streamId + 1;
    this.#closings++;
  }

  /** The end of a client's stream that is neither idle nor alive. */
  stateOf(streamId: number): Closing | "forgotten" {
    if (this.#resetByUs?.has(streamId) === true) return "resetByUs";
    if (this.#byClient?.includes(streamId) === true) return "ended";
    return this.#byClient?.includes(streamId + 1) === true ? "resetByClient" : "forgotten";
  }

  /** Counts DATA that crossed our reset; false when it is more than the client's window can have allowed. */
  takes(streamId: number, bytes: number): boolean {
    const left = (this.#resetByUs?.get(streamId) ?? 0) - bytes;
    this.#resetByUs?.set(streamId, left);
    return left >= 0;
  }

  #noteReset(streamId: number): void {
    this.#resetByUs ??= new Map();
    this.#resetByUs.set(streamId, DEFAULT_WINDOW_BYTES);
    if (this.#resetByUs.size <= RESET_BY_US_LIMIT) return;
    for (const oldest of this.#resetByUs.keys()) {
      this.#resetByUs.delete(oldest);
      return;
    }
  }
}
