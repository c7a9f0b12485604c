import { Attempt } from "./attempt.ts";
import type { EndpointPool } from "../connections/endpoint-pool.ts";
import type { EndpointRuntime } from "../connections/endpoint.ts";
import type { ReplayBody } from "./replay-body.ts";
import type { RetryBudget } from "./retry.ts";
import type { SendPlan } from "./upstream-request.ts";

const NONE: readonly EndpointRuntime[] = [];

/** What a request has used up of its tries, and where it has been. No attempt begins anywhere else. */
export class RetryState {
  readonly #plan: SendPlan;
  readonly #method: string;
  readonly #startedMs: number;
  #left: number;
  #begun = 0;
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

  nextEndpoint(failed: EndpointRuntime): EndpointRuntime | null {
    this.#tried = [...this.#tried, failed];
    return this.pick();
  }

  /**
   * True when the endpoint may get the request over a fresh connection, after the one it had kept was found dead. It costs a try like any
   * other attempt; only where there is one try in all a second attempt is made, as the first was none (nginx gives the try back).
   */
  refresh(requestSent: boolean): boolean {
    if (this.#left <= 0 && this.#begun > 1) return false;
    this.#repeated ||= requestSent;
    return true;
  }

  /**
   * Where a request goes that `failed` may have worked on, or null: it is repeated once at most, elsewhere, and while the upstream may get
   * repeated requests at all.
   */
  nextEndpointAfterSend(failed: EndpointRuntime): EndpointRuntime | null {
    if (this.#repeated) return null;
    const endpoint = this.nextEndpoint(failed);
    this.#repeated = endpoint !== failed && endpoint !== null && this.repeatsAnswered();
    return this.#repeated ? endpoint : null;
  }

  /** True when the upstream may get once more what an endpoint has answered with a status that was asked to be repeated; counted then. */
  repeatsAnswered(): boolean {
    const { retries, context } = this.#plan.upstream;
    return retries.spend(context.clock.monotonicMs());
  }

  /** The next attempt, which costs a try. */
  begin(endpoint: EndpointRuntime, pool: EndpointPool, reused: boolean): Attempt {
    this.#left--;
    this.#begun++;
    return new Attempt(endpoint, pool, reused, this.#plan.upstream.context.clock.monotonicMs());
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
