import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { err, ok, type Result } from "../../lib/result.ts";
import { type ReadReview, readReview } from "./read-review.ts";

/** From source the entry is TypeScript, after the build JavaScript. */
const ENTRY = new URL(`./review-worker${extname(import.meta.filename)}`, import.meta.url);
/** Reading more than this blocks the event loop for more than a millisecond or two. */
const OWN_LIMIT_BYTES = 64 * 1024;
/** The API server waits for 10 s. A text of the largest size takes some hundred milliseconds. */
const DEADLINE_MS = 5_000;
/** Large reviews come in bursts, if ever: a thread that nobody asks any more ends. */
const IDLE_MS = 10_000;
const MAX_WAITING = 16;
/** The text of a review, what JSON makes of it, and room to read it in. */
const HEAP_LIMIT_MB = 192;

/** Why there is nothing to judge: the text is no review, or it is not known whether it is one. */
interface ReadFailure {
  readonly status: 400 | 503;
  readonly message: string;
}

type FinishedState = Result<ReadReview, ReadFailure>;

interface Waiting {
  readonly settle: (outcome: FinishedState) => void;
  readonly deadline: NodeJS.Timeout;
}

export interface ReviewReaderOptions {
  /** Larger texts are read in the thread; default 64 KiB. */
  readonly ownLimitBytes?: number;
  readonly deadlineMs?: number;
  readonly entry?: URL;
}

/** Reads reviews: small ones at once, large ones in a thread of its own, which lives only while there are any. */
export class ReviewReader {
  readonly #options: Required<ReviewReaderOptions>;
  /** In the order in which the thread has been asked. */
  readonly #waiting: Waiting[] = [];
  #thread: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;

  constructor(options: ReviewReaderOptions = {}) {
    this.#options = { ownLimitBytes: OWN_LIMIT_BYTES, deadlineMs: DEADLINE_MS, entry: ENTRY, ...options };
  }

  /** Never rejects. */
  async read(chunks: readonly Buffer[]): Promise<FinishedState> {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    if (bytes <= this.#options.ownLimitBytes) return outcomeOf(readReview(Buffer.concat(chunks).toString("utf8")));
    if (this.#waiting.length >= MAX_WAITING) return unread("too many large reviews are waiting");
    // In memory of its own, which can be handed over.
    const text = new Uint8Array(bytes);
    let at = 0;
    for (const chunk of chunks) {
      text.set(chunk, at);
      at += chunk.length;
    }
    return await this.#ask(text);
  }

  /** All waiters get an error. */
  close(): void {
    this.#end("the webhook is being closed");
  }

  #ask(text: Uint8Array<ArrayBuffer>): Promise<FinishedState> {
    const { promise, resolve } = Promise.withResolvers<FinishedState>();
    const { deadlineMs } = this.#options;
    const deadline = setTimeout(() => this.#end(`the review could not be read within ${deadlineMs} ms`), deadlineMs);
    this.#waiting.push({ settle: resolve, deadline });
    this.#openThread().postMessage(text, [text.buffer]);
    return promise;
  }

  #openThread(): Worker {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    if (this.#thread !== null) return this.#thread;
    const thread = new Worker(this.#options.entry, {
      name: "webhook",
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB, maxYoungGenerationSizeMb: 16 },
    });
    thread.unref();
    thread.on("message", (read: Result<ReadReview>) => this.#hear(thread, read));
    const onEnd = (): void => {
      if (this.#thread === thread) this.#end("the review could not be read");
    };
    thread.on("error", onEnd);
    thread.on("exit", onEnd);
    this.#thread = thread;
    return thread;
  }

  #hear(thread: Worker, read: Result<ReadReview>): void {
    if (this.#thread !== thread) return;
    const first = this.#waiting.shift();
    if (first === undefined) return;
    clearTimeout(first.deadline);
    first.settle(outcomeOf(read));
    if (this.#waiting.length === 0) this.#idle = setTimeout(() => this.#end("nobody asks"), IDLE_MS).unref();
  }

  /** What the thread is at cannot be told from what waits behind it: all of them get the error. */
  #end(reason: string): void {
    const thread = this.#thread;
    this.#thread = null;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    for (const { settle, deadline } of this.#waiting.splice(0)) {
      clearTimeout(deadline);
      settle(unread(reason));
    }
    thread?.terminate().catch(() => {});
  }
}

function outcomeOf(read: Result<ReadReview>): FinishedState {
  return read.ok ? ok(read.value) : err({ status: 400, message: read.error });
}

function unread(message: string): FinishedState {
  return err({ status: 503, message });
}
