/** A place in a pattern's bytes, one character a byte. */
export class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get more(): boolean {
    return this.at < this.text.length;
  }

  /** Empty at the end. */
  peek(): string {
    return this.text.charAt(this.at);
  }

  next(): string {
    const character = this.text.charAt(this.at);
    this.at++;
    return character;
  }

  /** True when the text goes on so; then it is behind the cursor. */
  skip(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false;
    this.at += expected.length;
    return true;
  }

  since(start: number): string {
    return this.text.slice(start, this.at);
  }
}

/** Why a text cannot be used. `syntax`: RE2 does not read it either; `size`: it is beyond our limits. `message` is a phrase. */
export interface PatternError {
  readonly kind: "syntax" | "size";
  readonly message: string;
}

/** Thrown while parsing only, and caught by `parsePattern`. */
export class PatternFault extends Error {
  problem: PatternError = { kind: "syntax", message: "" };
}

/** One for all, so that thousands of refused patterns do not have their stacks written down. */
const FAULT = new PatternFault();

/** What to throw for a text that is no pattern. `near` is the piece of it that is meant, as bytes; empty for none. */
export function syntaxFault(message: string, near = ""): PatternFault {
  const where = near === "" ? "" : `: \`${Buffer.from(near, "latin1").toString("utf8")}\``;
  FAULT.problem = { kind: "syntax", message: message + where };
  return FAULT;
}

/** What to throw for a pattern that is beyond a limit. */
export function sizeFault(message: string): PatternFault {
  FAULT.problem = { kind: "size", message };
  return FAULT;
}
