import type { EndpointRuntime } from "./endpoint.ts";
import type { ReplayBody } from "./replay-body.ts";
import type { RetryBudget } from "./retry.ts";
import type { SendPlan } from "./upstream-request.ts";

const NONE: readonly EndpointRuntime[] = [];

/** What a request has used up of its tries, and where it has been. */
export class Tries {
  readonly #plan: SendPlan;
  readonly #method: string;
  readonly #startedMs: number;
  #left: number;
  #tried: readonly EndpointRuntime[] = NONE;
  #repeated = false;

  constructor(plan: SendPlan, method: string) {
    this.#plan = plan;
    this.#method = method;
    this.#startedMs = plan.upstream.context.clock.monotonicMs();
    // ingress-nginx takes 0 for no limit, which never ends where every endpoint is dead: here each endpoint gets one try.
    this.#left = plan.retry.tries > 0 ? plan.retry.tries : plan.upstream.endpoints.length;
    plan.upstream.retries.earn();
  }

  /** Where to go next; null when the upstream has no endpoints. */
  pick(): EndpointRuntime | null {
    const { stick, upstream } = this.#plan;
    return stick === null ? upstream.pick(this.#tried) : stick.pick(this.#tried);
  }

  pickAfter(failed: EndpointRuntime): EndpointRuntime | null {
    this.#tried = [...this.#tried, failed];
    return this.pick();
  }

  /** The same endpoint gets the request over a fresh connection, after the one it had kept was found dead. */
  refresh(requestSent: boolean): void {
    this.#repeated ||= requestSent;
  }

  /**
   * Where a request goes that `failed` may have worked on, or null: it is repeated once at most, elsewhere, and while the upstream may get
   * repeated requests at all.
   */
  repeatAfter(failed: EndpointRuntime): EndpointRuntime | null {
    if (this.#repeated) return null;
    const endpoint = this.pickAfter(failed);
    this.#repeated = endpoint !== failed && endpoint !== null && this.repeatsAnswered();
    return this.#repeated ? endpoint : null;
  }

  /** True when the upstream may get once more what an endpoint has answered with a status that was asked to be repeated; counted then. */
  repeatsAnswered(): boolean {
    const { retries, context } = this.#plan.upstream;
    return retries.spend(context.clock.monotonicMs());
  }

  /** A try at an endpoint begins. */
  use(): void {
    this.#left--;
  }

  budget(body: ReplayBody): RetryBudget {
    return {
      method: this.#method,
      retry: this.#plan.retry,
      triesLeft: this.#left,
      elapsedMs: this.#plan.upstream.context.clock.monotonicMs() - this.#startedMs,
      bodyReplayable: body.replayable,
    };
  }
}
