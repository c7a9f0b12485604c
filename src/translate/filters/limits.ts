import { objectKey } from "../../kubernetes/object-key.ts";
import { ok } from "../../lib/result.ts";
import type { FilterSource } from "./filter-source.ts";

/** One zone for the whole Ingress: all its hosts and paths count together. */
export const limits: FilterSource<"limits"> = ({ limits: policy }, { source }) => {
  const { rps, rpm, connections, burstMultiplier, allowlist } = policy;
  if (rps === 0 && rpm === 0 && connections === 0) return ok(null);
  return ok({
    zone: objectKey(source.namespace, source.name),
    requestsPerSecond: rps === 0 ? null : { rate: rps, burst: rps * burstMultiplier },
    requestsPerMinute: rpm === 0 ? null : { rate: rpm, burst: rpm * burstMultiplier },
    connections,
    allowlist,
  });
};
