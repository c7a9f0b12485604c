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

  /** True when the upstream may get once more what an endpoint may have worked on already; it is counted then. */
  repeat(): boolean {
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
