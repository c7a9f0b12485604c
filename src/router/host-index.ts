/** Slots at least; a power of two, as all sizes are. */
const MIN_SLOTS = 16;

/** In place of the hash of a value that was deleted: a search for another one goes on to the next slot. */
const DELETED = 1;

/**
 * Values by their name, for names that were just cut out of a request. A `Map` first makes each of them one of V8's internal strings and
 * then looks that up: with thousands of hosts, several places in memory that no cache has. Here it is the hash, the value and its name.
 */
export class HostIndex<T extends { readonly id: string }> {
  /** 0 where nothing is or was. */
  #hashes = new Int32Array(MIN_SLOTS);
  #values: (T | undefined)[] = emptySlots(MIN_SLOTS);
  /** Slots with a hash, those of deleted values included: always fewer than half. */
  #used = 0;
  #size = 0;
  readonly #seed: number;

  /** `seed` (0 ≤ x < 1) decides where names lie: an attacker who does not know it cannot choose names that all lie in one place. */
  constructor(seed: number) {
    this.#seed = Math.trunc(seed * 0x7fff_ffff);
  }

  get(id: string): T | undefined {
    return this.#values[this.#slotOf(id)];
  }

  /** Where `get` will look for it, if nothing else has the same hash. Good until the next change. */
  placeOf(id: string): number {
    const hash = this.#hashOf(id);
    return this.#nextOf(hash, hash);
  }

  /** What is there, under whatever name. */
  at(place: number): T | undefined {
    return this.#values[place];
  }

  set(value: T): void {
    let slot = this.#slotOf(value.id);
    if (this.#hashes[slot] === 0) {
      if (2 * (this.#used + 1) > this.#hashes.length) {
        this.#rebuild();
        slot = this.#slotOf(value.id);
      }
      this.#used++;
      this.#size++;
      this.#hashes[slot] = this.#hashOf(value.id);
    }
    this.#values[slot] = value;
  }

  delete(id: string): void {
    const slot = this.#slotOf(id);
    if (this.#values[slot] === undefined) return;
    this.#values[slot] = undefined;
    this.#hashes[slot] = DELETED;
    this.#size--;
  }

  get size(): number {
    return this.#size;
  }

  /** In no order. */
  get ids(): readonly string[] {
    return this.#values.flatMap((value) => (value === undefined ? [] : value.id));
  }

  /** Where the value is, or else the free slot where it would be. */
  #slotOf(id: string): number {
    const hash = this.#hashOf(id);
    let slot = this.#nextOf(hash, hash);
    while (this.#hashes[slot] !== 0 && this.#values[slot]?.id !== id) slot = this.#nextOf(hash, slot + 1);
    return slot;
  }

  /** The next slot with that hash, or else the next free one. */
  #nextOf(hash: number, from: number): number {
    const hashes = this.#hashes;
    const last = hashes.length - 1;
    let slot = from & last;
    while (hashes[slot] !== hash && hashes[slot] !== 0) slot = (slot + 1) & last;
    return slot;
  }

  #rebuild(): void {
    const values = this.#values;
    let slots = MIN_SLOTS;
    while (slots < 3 * (this.#size + 1)) slots *= 2;
    this.#hashes = new Int32Array(slots);
    this.#values = emptySlots(slots);
    this.#used = this.#size;
    for (const value of values) {
      if (value === undefined) continue;
      const slot = this.#slotOf(value.id);
      this.#hashes[slot] = this.#hashOf(value.id);
      this.#values[slot] = value;
    }
  }

  /** FNV-1a over UTF-16 units, with the high bits brought down to where slots are chosen. Never 0 or `DELETED`. */
  #hashOf(text: string): number {
    let hash = this.#seed;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
    hash ^= hash >>> 15;
    return hash === 0 || hash === DELETED ? 2 : hash;
  }
}

function emptySlots<T>(slots: number): (T | undefined)[] {
  return Array.from({ length: slots });
}
