import { COLON, CR, FIELD_TEXT, LF, TOKEN } from "../http/characters.ts";
import { HEAD_ERRORS, type HeadError } from "../http/refusals.ts";

const LIMIT_BYTES = 8192;

type State = "start" | "name" | "value" | "lf" | "last-lf" | "done";

/** Checks the trailer section of a chunked body (RFC 9112 §7.1.2) byte by byte. All trailers are dropped, so none is kept. */
export class TrailerSection {
  #state: State = "start";
  #bytes = 0;

  start(): void {
    this.#state = "start";
    this.#bytes = 0;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  take(byte: number): HeadError | null {
    if (this.#state === "last-lf") return this.#expect(byte === LF, "done");
    if (this.#state === "start" && byte === CR) return this.#expect(true, "last-lf");
    if (++this.#bytes > LIMIT_BYTES) return HEAD_ERRORS.trailersTooLarge;
    if (this.#state === "start") return this.#expect(TOKEN[byte] === 1, "name");
    if (this.#state === "name")
      return byte === COLON ? this.#expect(true, "value") : this.#expect(TOKEN[byte] === 1, "name");
    if (this.#state === "value")
      return byte === CR ? this.#expect(true, "lf") : this.#expect(FIELD_TEXT[byte] === 1, "value");
    return this.#expect(byte === LF, "start");
  }

  #expect(holds: boolean, next: State): HeadError | null {
    if (!holds) return HEAD_ERRORS.badTrailer;
    this.#state = next;
    return null;
  }
}
