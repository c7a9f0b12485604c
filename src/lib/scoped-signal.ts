/**
 * A signal that aborts with the first of others, or after a time, for as long as something is under way. Its maker disposes of it
 * then, which frees all that waited for it; `AbortSignal.timeout` and `AbortSignal.any` keep that until the time is over or they are
 * collected.
 */
export class ScopedSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #others: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | null;
  readonly #onAbort = (event: Event): void => this.#abort((event.target as AbortSignal).reason);

  /** `limitMs`: null for no limit. */
  constructor(others: readonly AbortSignal[], limitMs: number | null) {
    this.#others = others;
    this.#timer = limitMs === null ? null : setTimeout(() => this.#abort(overdue()), limitMs).unref();
    for (const other of others) {
      if (other.aborted) this.#abort(other.reason);
      else other.addEventListener("abort", this.#onAbort);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const other of this.#others) other.removeEventListener("abort", this.#onAbort);
  }

  #abort(reason: unknown): void {
    this.#controller.abort(reason);
  }
}

/** What `AbortSignal.timeout` says. */
function overdue(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}
