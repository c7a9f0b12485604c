import { HeadReader, type HeadLines } from "./head-reader.ts";
import type { InputBuffer } from "../socket/input-buffer.ts";

interface Restartable extends HeadLines {
  start(): void;
}

/** A parser and the reader that feeds it. */
export class HeadPair<Parser extends Restartable> {
  readonly parser: Parser;
  readonly head: HeadReader;

  constructor(parser: Parser) {
    this.parser = parser;
    this.head = new HeadReader(parser);
  }

  start(): void {
    this.parser.start();
    this.head.start();
  }
}

/**
 * The heads of one connection, one after the other. Most come whole: those are read by a pair that all connections of the thread
 * have in common, which is always in the processor's caches, while one of each connection's own never would be. A head that comes
 * in pieces gets a pair for itself. What was read holds until the next `read` on any connection.
 */
export class HeadSource<Parser extends Restartable> {
  readonly #common: HeadPair<Parser>;
  readonly #open: () => HeadPair<Parser>;
  #own: HeadPair<Parser> | null = null;
  /** Nothing was read of the current head. */
  #fresh = true;

  constructor(common: HeadPair<Parser>, open: () => HeadPair<Parser>) {
    this.#common = common;
    this.#open = open;
  }

  /** What was read of the current head. */
  get parser(): Parser {
    // Otherwise it would be what was read on another connection.
    if (this.#fresh) this.#common.start();
    return this.#pair.parser;
  }

  get head(): HeadReader {
    return this.#pair.head;
  }

  /** Whole lines of an unfinished head were read. */
  get begun(): boolean {
    return this.#own !== null && this.#own.head.inFields;
  }

  /** Reads until the head is done, wrong, or needs more bytes. */
  read(input: InputBuffer): void {
    this.#fresh = false;
    if (this.#own === null) {
      this.#common.start();
      if (this.#common.head.readWhole(input)) return;
      this.#own = this.#open();
      this.#own.start();
    }
    this.#own.head.read(input);
  }

  /** Begins the next head. */
  next(): void {
    this.#own = null;
    this.#fresh = true;
  }

  get #pair(): HeadPair<Parser> {
    return this.#own ?? this.#common;
  }
}
