import { FIELD_TEXT, SEMICOLON, TOKEN } from "../http/characters.ts";

/** Longest extension part of one chunk. */
const LIMIT_BYTES = 1024;
const DQUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

type State = "name" | "value" | "token" | "quoted" | "escape" | "quoted-end";

/**
 * Checks the extensions of one chunk (RFC 9112 §7.1.1) byte by byte, from behind the first semicolon:
 * `token [ "=" ( token / quoted-string ) ] *( ";" … )`, without white space. Their content is of no interest.
 */
export class ChunkExtension {
  #state: State = "name";
  #bytes = 0;
  #tokenBytes = 0;

  start(): void {
    this.#bytes = 0;
    this.#enter("name");
  }

  /** True when the extensions may end here. */
  get complete(): boolean {
    if (this.#state === "quoted-end") return true;
    return (this.#state === "name" || this.#state === "token") && this.#tokenBytes > 0;
  }

  /** False when the byte cannot stand there. */
  take(byte: number): boolean {
    if (++this.#bytes > LIMIT_BYTES) return false;
    if (this.#state === "quoted") return this.#takeQuoted(byte);
    if (this.#state === "escape") return FIELD_TEXT[byte] === 1 && this.#enter("quoted");
    if (TOKEN[byte] === 1 && this.#state !== "quoted-end") {
      if (this.#state === "value") this.#state = "token";
      this.#tokenBytes++;
      return true;
    }
    if (this.#state === "value") return byte === DQUOTE && this.#enter("quoted");
    if (!this.complete) return false;
    if (byte === SEMICOLON) return this.#enter("name");
    return byte === EQUALS && this.#state === "name" && this.#enter("value");
  }

  #takeQuoted(byte: number): boolean {
    if (byte === DQUOTE) return this.#enter("quoted-end");
    if (byte === BACKSLASH) return this.#enter("escape");
    return FIELD_TEXT[byte] === 1;
  }

  #enter(state: State): true {
    this.#state = state;
    this.#tokenBytes = 0;
    return true;
  }
}
