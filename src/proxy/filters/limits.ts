import type { LimitsFilter } from "../../model/filters/limits.ts";
import { type Answer, errorAnswer } from "../answers/answer.ts";
import type { Filter, RequestContext } from "../request/context.ts";
import { type CompiledLimits, compileLimits as compileZone, type Limits } from "./limits/limits.ts";
import type { FilterSite } from "./site.ts";

/**
 * Rate, then requests in flight, by client address. A request that passes holds its place until the exchange finishes. The
 * statuses are settings; many set 429.
 */
export function compileLimits(spec: LimitsFilter, { services }: FilterSite): Filter {
  return new LimitsGate(compileZone(spec), services.limits);
}

class LimitsGate implements Filter {
  readonly #zone: CompiledLimits;
  readonly #limits: Limits;

  constructor(zone: CompiledLimits, limits: Limits) {
    this.#zone = zone;
    this.#limits = limits;
  }

  decide(context: RequestContext): Answer | null {
    const admission = this.#limits.admit(this.#zone, context.clientAddress);
    if (admission === "pass") {
      context.admittedBy = this;
      return null;
    }
    const { limitReqStatusCode, limitConnStatusCode } = context.settings.dataPlane;
    return admission === "rate-refused"
      ? errorAnswer({ code: "rate-limited", status: limitReqStatusCode })
      : errorAnswer({ code: "connections-limited", status: limitConnStatusCode });
  }

  finished(context: RequestContext): void {
    if (context.admittedBy === this) this.#limits.release(this.#zone, context.clientAddress);
  }
}
