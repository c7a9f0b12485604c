import type { PaceFilter } from "../../model/filters/pace.ts";
import { Deadline, type HeaderList } from "../../wire/wire.ts";
import { type BodySink, BodyStep } from "../request/body-sink.ts";
import type { Filter, RequestContext } from "../request/context.ts";

/**
 * `limit-rate`: a response has no more bytes by any moment than its rate gives it, counted from the start of the request as nginx counts,
 * the first second's worth ahead. So a response that waited for its upstream may catch up.
 */
export function compilePace(spec: PaceFilter): Filter {
  return { wrap: (request, _head, next) => new PacedBody(next, spec, request) };
}

/** Less is not worth a turn: the wait is so long that this much may be sent, or all that is held. */
const STEP_SECONDS = 0.25;

/** Holds the rest of one chunk at most, in one entry of the timer wheel. */
class PacedBody extends BodyStep {
  readonly #spec: PaceFilter;
  readonly #request: RequestContext;
  readonly #deadline = new Deadline(() => this.#onDue());
  #sentBytes = 0;
  #held: Uint8Array | null = null;
  /** The client takes nothing at the moment. */
  #blocked = false;
  #ended = false;
  #trailers: HeaderList | null = null;

  constructor(next: BodySink, spec: PaceFilter, request: RequestContext) {
    super(next);
    this.#spec = spec;
    this.#request = request;
  }

  override write(chunk: Uint8Array): boolean {
    if (this.#held !== null) {
      // Nobody writes before `resume`, but who does loses nothing.
      this.#held = Buffer.concat([this.#held, chunk]);
      return false;
    }
    const allowed = this.#allowedBytes();
    if (chunk.length <= allowed && !this.#blocked) return this.#pass(chunk);
    const now = this.#blocked ? 0 : allowed;
    if (now > 0) this.#pass(chunk.subarray(0, now));
    // Lent until the end of the turn.
    this.#held = Buffer.from(chunk.subarray(now));
    this.#wait();
    return false;
  }

  override end(trailers: HeaderList | null): void {
    if (this.#held === null) {
      super.end(trailers);
      return;
    }
    this.#ended = true;
    this.#trailers = trailers;
  }

  override abort(): void {
    this.#held = null;
    this.#request.core.wheel.disarm(this.#deadline);
    super.abort();
  }

  /** The client takes more. */
  override resume(): void {
    this.#blocked = false;
    if (this.#held === null) super.resume();
    else if (!this.#deadline.armed) this.#send();
  }

  /** Nobody behind a timer takes a fault of the steps that follow: it ends this response. */
  #onDue(): void {
    try {
      this.#send();
    } catch {
      this.abort();
    }
  }

  /** As much of what is held as the rate allows now. */
  #send(): void {
    const held = this.#held;
    if (held === null || this.#blocked) return;
    const allowed = Math.min(this.#allowedBytes(), held.length);
    this.#held = allowed === held.length ? null : held.subarray(allowed);
    if (allowed > 0) this.#pass(held.subarray(0, allowed));
    if (this.#held !== null) this.#wait();
    else if (this.#ended) super.end(this.#trailers);
    else if (!this.#blocked) super.resume();
  }

  #pass(part: Uint8Array): boolean {
    this.#sentBytes += part.length;
    const fluent = this.next.write(part);
    this.#blocked = !fluent;
    return fluent;
  }

  /** Until enough may be sent; where the client takes nothing, until it does. */
  #wait(): void {
    const held = this.#held;
    if (held === null || this.#blocked) return;
    const { bytesPerSecond } = this.#spec;
    const wanted = Math.min(held.length, Math.max(1, bytesPerSecond * STEP_SECONDS));
    const missing = wanted - this.#allowedBytes();
    this.#request.core.wheel.arm(this.#deadline, Math.max(0, (missing / bytesPerSecond) * 1000));
  }

  #allowedBytes(): number {
    const { bytesPerSecond, freeBytes } = this.#spec;
    const seconds = (this.#request.core.clock.monotonicMs() - this.#request.startedMonotonicMs) / 1000 + 1;
    return Math.max(0, Math.floor(freeBytes + bytesPerSecond * seconds) - this.#sentBytes);
  }
}
