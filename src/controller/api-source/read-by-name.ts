import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Kind } from "../../kubernetes/objects.ts";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { ApiClient, ApiFailure } from "./api-client.ts";
import { objectPath } from "./targets.ts";

/**
 * One whole object. Where `get` is not granted, as in ingress-nginx's own ClusterRole, a list of that one name brings it too, which `list`
 * allows.
 */
export async function readByName(
  client: ApiClient,
  kind: Kind,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<Result<unknown, ApiFailure>> {
  const path = objectPath(kind, key);
  const got = await client.getJson(path, signal);
  if (got.ok || got.error.kind !== "status" || got.error.status !== 403) return got;
  const end = path.lastIndexOf("/");
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${decodeURIComponent(path.slice(end + 1))}` });
  const listed = await client.getJson(`${path.slice(0, end)}?${query.toString()}`, signal);
  if (!listed.ok) return listed.error.kind === "status" ? got : listed;
  const items = isRecord(listed.value) ? listed.value["items"] : null;
  if (Array.isArray(items) && items.length > 0) return ok(items[0]);
  return err({ kind: "status", status: 404, message: "", retryAfterMs: null });
}
