import { write } from "node:fs";
import { WriteTurn } from "./write-turn.ts";

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
  /** Shared with the other threads that write there; without it nobody else does. */
  readonly turn?: WriteTurn;
  readonly writeBytes?: WriteBytes;
}

const RETRY_MS = 50;

/**
 * Lines to a file descriptor without ever waiting for its reader: one write is under way at a time, the next lines gather
 * behind it, and what does not fit is dropped and counted. A reader that stalls costs log lines, never requests.
 */
export class BoundedWriter {
  readonly turn: WriteTurn;
  readonly #options: BoundedWriterOptions;
  readonly #write: WriteBytes;
  #pending: string[] = [];
  #pendingBytes = 0;
  #busy = false;
  #dropped = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: BoundedWriterOptions) {
    this.turn = options.turn ?? new WriteTurn(1);
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
    this.#pending.push(line);
    this.#pendingBytes += line.length + 1;
    if (this.#busy) return;
    this.#busy = true;
    // Lines of one turn of the event loop share one write.
    setImmediate(() => this.#takeTurn());
  }

  /** Resolves once everything accepted so far is written or lost, or when `deadlineMs` have passed. */
  flush(deadlineMs: number): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, deadlineMs);
    this.#idleWaiters.push(() => {
      clearTimeout(timer);
      resolve();
    });
    return promise;
  }

  #takeTurn(): void {
    this.turn.take(() => this.#next());
  }

  #written(): void {
    this.turn.release();
    if (this.#pending.length > 0) {
      this.#takeTurn();
      return;
    }
    this.#busy = false;
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  #next(): void {
    const bytes = Buffer.from(`${this.#pending.join("\n")}\n`, "utf8");
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#send(bytes, 0);
  }

  #send(bytes: Buffer, offset: number): void {
    this.#write(this.#options.fd, bytes, offset, (error, written) => {
      if (error?.code === "EAGAIN") setTimeout(() => this.#send(bytes, offset), RETRY_MS).unref();
      else if (error !== null) this.#lose(bytes, offset);
      else if (offset + written < bytes.length) this.#send(bytes, offset + written);
      else this.#written();
    });
  }

  /** The disk is full, or the reader is gone: these lines are lost, the next ones are tried again. */
  #lose(bytes: Buffer, offset: number): void {
    for (let i = offset; i < bytes.length; i++) if (bytes[i] === 0x0a) this.#dropped++;
    this.#written();
  }
}

function writeToDescriptor(fd: number, bytes: Buffer, offset: number, done: Parameters<WriteBytes>[3]): void {
  write(fd, bytes, offset, bytes.length - offset, null, done);
}
