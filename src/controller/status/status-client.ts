import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { LoadBalancerIngress } from "../../kubernetes/objects.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { ok, type Result } from "../../lib/result.ts";
import type { ApiClient, ApiFailure } from "../api-source/api-client.ts";
import { objectPath } from "../api-source/targets.ts";

/** One write: it only takes effect on exactly the version that was looked at. */
export interface StatusPatch {
  readonly key: ObjectKey;
  readonly resourceVersion: string;
  readonly addresses: readonly LoadBalancerIngress[];
}

/** Brings back the version that the write made. Never rejects. */
export type PatchStatus = (patch: StatusPatch, signal: AbortSignal) => Promise<Result<string, ApiFailure>>;

/** Patches `status.loadBalancer` through the subresource, which is all the permission it needs. */
export function openStatusClient(client: ApiClient): PatchStatus {
  return async ({ key, resourceVersion, addresses }, signal) => {
    const ingress = addresses.map(({ ip, hostname }) => ({
      ...(ip === "" ? {} : { ip }),
      ...(hostname === "" ? {} : { hostname }),
    }));
    const body = { metadata: { resourceVersion }, status: { loadBalancer: { ingress } } };
    const path = `${objectPath("Ingress", key)}/status`;
    const answer = await client.write({ verb: "patch", path, body }, signal);
    return answer.ok ? ok(versionOf(answer.value)) : answer;
  };
}

function versionOf(json: unknown): string {
  const meta = isRecord(json) ? json["metadata"] : null;
  const version = isRecord(meta) ? meta["resourceVersion"] : "";
  return typeof version === "string" ? version : "";
}
