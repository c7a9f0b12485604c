import { ok } from "../../lib/result.ts";
import { firstPortRef } from "../shared/backend.ts";
import type { FilterSource } from "./filter-source.ts";

/** The Ingress' own error backend, then the controller's. Without either there is nobody to ask. */
export const errorPages: FilterSource<"errorPages"> = (policy, { reader, source }) => {
  const { statuses, keepsUpstreams, backend } = policy.errorPages;
  if (policy.closed !== null || (statuses.length === 0 && backend === null)) return ok(null);
  const own = backend === null ? null : firstPortRef(source.namespace, backend);
  const backends = [own, reader.defaultBackend()].filter((ref) => ref !== null);
  if (backends.length === 0) return ok(null);
  const upstreams = backends.map((ref) => reader.upstreamOf(ref));
  return ok({ statuses, ofUpstreams: !keepsUpstreams, upstreams, standsIn: own !== null });
};
