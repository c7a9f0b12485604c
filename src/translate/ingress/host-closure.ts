import type { Problem } from "../../model/problem.ts";
import { formatSource } from "../../model/source.ts";
import type { HostId } from "../../model/virtual-host.ts";
import { errorAt } from "../shared/problem-at.ts";
import type { IngressPlan } from "./plan.ts";

/** Why a whole host is closed, and what the Ingresses are told that did not ask for it. */
interface HostClosure {
  /** Null: it is not. */
  readonly reason: string | null;
  readonly problems: readonly Problem[];
}

/**
 * Client certificates and the like are asked for by a host, not by a path: while one of its Ingresses wants them and they are
 * not supported, the paths of all others answer 503 too. `plans` are those of the host without canaries, whose annotations count for nothing.
 */
export function closureOf(host: HostId, plans: readonly IngressPlan[]): HostClosure {
  const closer = plans.find(({ policy }) => policy.closedHost !== null);
  if (closer === undefined) return { reason: null, problems: [] };
  const reason = `${formatSource(closer.source)} guards all of host ${host}, which cannot be honoured: ${closer.policy.closedHost}`;
  const others = plans.filter(({ policy }) => policy.closedHost === null);
  const problems = others.map(({ source }) => {
    const message = `${reason}; so every path of the host answers 503, whichever Ingress it is of`;
    return errorAt({ source, field: "spec.rules", value: host }, "HostClosed", "closed", message);
  });
  return { reason, problems };
}
