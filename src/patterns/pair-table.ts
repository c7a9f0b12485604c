const FIRST_SLOTS = 64;

/** Numbers above zero by pairs of numbers, in plain arrays: what a map of texts would take ten times as long for. */
export class PairTable {
  #first = new Int32Array(FIRST_SLOTS);
  #second = new Int32Array(FIRST_SLOTS);
  #values = new Int32Array(FIRST_SLOTS);
  #count = 0;

  /** 0 where there is none. */
  get(first: number, second: number): number {
    return this.#values[this.#slotOf(first, second)] ?? 0;
  }

  set(first: number, second: number, value: number): void {
    if (this.#count * 2 >= this.#values.length) this.#grow();
    const slot = this.#slotOf(first, second);
    if (this.#values[slot] === 0) this.#count++;
    this.#first[slot] = first;
    this.#second[slot] = second;
    this.#values[slot] = value;
  }

  #slotOf(first: number, second: number): number {
    const mask = this.#values.length - 1;
    const mixed = Math.imul(Math.imul(first, 0x9e37_79b1) ^ second, 0x85eb_ca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#values[slot] !== 0 && (this.#first[slot] !== first || this.#second[slot] !== second))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [first, second, values] = [this.#first, this.#second, this.#values];
    this.#first = new Int32Array(values.length * 2);
    this.#second = new Int32Array(values.length * 2);
    this.#values = new Int32Array(values.length * 2);
    this.#count = 0;
    for (const [slot, value] of values.entries()) if (value !== 0) this.set(first[slot] ?? 0, second[slot] ?? 0, value);
  }
}
