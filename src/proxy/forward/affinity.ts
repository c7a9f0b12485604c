import type { Backend } from "../../model/forward.ts";
import { type AffinitySession, readAffinity, type UpstreamRuntime } from "../../upstream/upstream.ts";
import type { RequestContext } from "../request/context.ts";
import { cookieHeader } from "../request/header-values.ts";

/** The client's place in the backend; null where it has no session affinity. */
export function readSession(
  { request }: RequestContext,
  upstream: UpstreamRuntime,
  { affinity }: Backend,
): AffinitySession | null {
  return affinity === null ? null : readAffinity(affinity, upstream, cookieHeader(request.headers));
}
