import type { Upstream } from "../../model/upstream.ts";
import { type BackendRef, serviceRef } from "./backend.ts";
import type { TrackedReader } from "./tracked-reader.ts";

/** The upstream of one backend: shared by all routes to it, whichever Ingress they come from. */
export function translateUpstream(reader: TrackedReader, backend: BackendRef): Upstream {
  const { id, balancer } = reader.traits(backend);
  return { id, service: serviceRef(backend), balancer };
}
