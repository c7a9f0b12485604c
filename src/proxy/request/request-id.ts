/** Four words of 32 bits. */
const WORDS = 4;
const DIGITS = 8 * WORDS;
/** Turning words into text has a price of its own, which so many ids share. */
const BATCH = 128;

/** 32 hexadecimal digits each, as nginx's `$request_id`. They identify requests in logs and are no secret. */
export class RequestIds {
  readonly #random: () => number;
  readonly #words = new Uint32Array(WORDS * BATCH);
  #digits = "";
  #at = 0;

  /** `random` gives 0 ≤ x < 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  next(): string {
    if (this.#at === this.#digits.length) this.#refill();
    const id = this.#digits.slice(this.#at, this.#at + DIGITS);
    this.#at += DIGITS;
    return id;
  }

  #refill(): void {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = this.#random() * 0x1_0000_0000;
    this.#digits = Buffer.from(this.#words.buffer).toString("hex");
    this.#at = 0;
  }
}
