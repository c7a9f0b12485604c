import { write } from "node:fs";
import { WriteLock } from "./write-lock.ts";

/** Writes `text` to a file descriptor; calls back with the bytes written. The signature of `fs.write`, so that tests can be slow. */
export type WriteBytes = (
  fd: number,
  bytes: Buffer,
  offset: number,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

export interface BoundedWriterOptions {
  readonly fd: number;
  /** Text held while the reader is slow; lines beyond it are dropped and counted. */
  readonly limitBytes: number;
  /** Shared with the other threads that write there; without it no other does. */
  readonly lock?: WriteLock;
  /** How long lines that came during a write may wait for others, so that many share the next one. */
  readonly gatherMs?: number;
  readonly writeBytes?: WriteBytes;
}

const RETRY_MS = 50;
const GATHER_MS = 10;
const PAGE_BYTES = 65_536;
/** In UTF-8 one unit of a JavaScript string takes as many bytes, at most. */
const MAX_UNIT_BYTES = 3;
const LF = 0x0a;

/** Lines that wait to be written, as the bytes they will be. */
interface Page {
  readonly bytes: Buffer;
  used: number;
}

/**
 * Lines to a file descriptor without ever waiting for its reader: one write is under way at a time, the next lines gather
 * behind it, and what does not fit is dropped and counted. A reader that stalls costs log lines, never requests. Lines become bytes
 * at once: as text, with all the parts that they were put together from, they would stay in the caches' way until they are written.
 */
export class BoundedWriter {
  readonly lock: WriteLock;
  readonly #options: BoundedWriterOptions;
  readonly #write: WriteBytes;
  /** The last one takes further lines. */
  readonly #pages: Page[] = [];
  #spare: Page | null = null;
  #pendingBytes = 0;
  #busy = false;
  /** Runs while lines gather. */
  #gathering: NodeJS.Timeout | null = null;
  #dropped = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: BoundedWriterOptions) {
    this.lock = options.lock ?? new WriteLock(1);
    this.#options = options;
    this.#write = options.writeBytes ?? writeToDescriptor;
  }

  get droppedLines(): number {
    return this.#dropped;
  }

  /** Appends one line; the line feed is added. Never throws, never waits. */
  writeLine(line: string): void {
    if (this.#pendingBytes + line.length > this.#options.limitBytes) {
      this.#dropped++;
      return;
    }
    const page = this.#pageFor(line.length * MAX_UNIT_BYTES + 1);
    const from = page.used;
    page.used += page.bytes.write(line, from, "utf8");
    page.bytes[page.used++] = LF;
    this.#pendingBytes += page.used - from;
    if (this.#gathering !== null && this.#pendingBytes > PAGE_BYTES) this.#takeTurn();
    if (this.#busy) return;
    this.#busy = true;
    // Lines of one iteration of the event loop share one write.
    setImmediate(() => this.#takeTurn());
  }

  /** Resolves once everything accepted so far is written or lost, or when `deadlineMs` have passed. */
  flush(deadlineMs: number): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    if (this.#gathering !== null) this.#takeTurn();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, deadlineMs);
    this.#idleWaiters.push(() => {
      clearTimeout(timer);
      resolve();
    });
    return promise;
  }

  #pageFor(bytes: number): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.used + bytes <= last.bytes.length) return last;
    const spare = bytes <= PAGE_BYTES ? this.#spare : null;
    if (spare !== null) this.#spare = null;
    const page = spare ?? { bytes: Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, bytes)), used: 0 };
    this.#pages.push(page);
    return page;
  }

  #takeTurn(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    this.lock.take(() => this.#next());
  }

  #written(page: Page): void {
    page.used = 0;
    if (page.bytes.length === PAGE_BYTES) this.#spare = page;
    this.lock.release();
    if (this.#pages.length > 0) {
      this.#gather();
      return;
    }
    this.#busy = false;
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  #gather(): void {
    const { gatherMs = GATHER_MS } = this.#options;
    const enough = this.#pendingBytes > PAGE_BYTES || this.#idleWaiters.length > 0;
    if (gatherMs === 0 || enough) this.#takeTurn();
    else this.#gathering = setTimeout(() => this.#takeTurn(), gatherMs);
  }

  #next(): void {
    const page = this.#pages.shift();
    if (page === undefined) return;
    this.#pendingBytes -= page.used;
    this.#send(page, 0);
  }

  #send(page: Page, offset: number): void {
    this.#write(this.#options.fd, page.bytes.subarray(0, page.used), offset, (error, written) => {
      if (error?.code === "EAGAIN") setTimeout(() => this.#send(page, offset), RETRY_MS).unref();
      else if (error !== null) this.#lose(page, offset);
      else if (offset + written < page.used) this.#send(page, offset + written);
      else this.#written(page);
    });
  }

  /** The disk is full, or the reader is gone: these lines are lost, the next ones are tried again. */
  #lose(page: Page, offset: number): void {
    for (let i = offset; i < page.used; i++) if (page.bytes[i] === LF) this.#dropped++;
    this.#written(page);
  }
}

function writeToDescriptor(fd: number, bytes: Buffer, offset: number, done: Parameters<WriteBytes>[3]): void {
  write(fd, bytes, offset, bytes.length - offset, null, done);
}
