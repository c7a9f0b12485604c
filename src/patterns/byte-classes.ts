import { BYTES, hasByte, WORD_BYTES } from "./byte-set.ts";
import { OP, opOf, type Program, setHas } from "./program.ts";

/** Bytes that no part of a program tells apart are one class, so that tables are narrow. */
export interface ByteClasses {
  /** The class of each byte. */
  readonly of: Uint8Array;
  readonly count: number;
}

const NEWLINE = 0x0a;

/** With more sets than this every byte is a class: finding out would take longer than wide tables cost. */
const MOST_SETS = 1000;

export function classifyBytes(program: Program): ByteClasses {
  if (program.setCount > MOST_SETS) return EACH_BYTE;
  const classes = new Classes();
  for (let set = 0; set < program.setCount && classes.count < BYTES; set++)
    classes.split((byte) => setHas(program, set, byte));
  if (hasAssertions(program)) {
    classes.split((byte) => hasByte(WORD_BYTES, byte));
    classes.split((byte) => byte === NEWLINE);
  }
  return { of: classes.of, count: classes.count };
}

const EACH_BYTE: ByteClasses = { of: Uint8Array.from({ length: BYTES }, (_, byte) => byte), count: BYTES };

function hasAssertions(program: Program): boolean {
  for (let pc = 0; pc < program.length; pc++) if (opOf(program, pc) === OP.assert) return true;
  return false;
}

class Classes {
  readonly of = new Uint8Array(BYTES);
  count = 1;
  readonly #renamed = new Int16Array(2 * BYTES);

  split(contains: (byte: number) => boolean): void {
    this.#renamed.fill(-1);
    let count = 0;
    for (let byte = 0; byte < BYTES; byte++) {
      const key = (this.of[byte] ?? 0) * 2 + (contains(byte) ? 1 : 0);
      if (this.#renamed[key] === -1) this.#renamed[key] = count++;
      this.of[byte] = this.#renamed[key] ?? 0;
    }
    this.count = count;
  }
}
