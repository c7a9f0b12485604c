import { isRecord } from "../../kubernetes/parse-fields.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { ApiClient, ApiFailure } from "./api-client.ts";
import { listForm, type WatchTarget } from "./targets.ts";

export interface WholeList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** More pages than any real cluster has: a server that never ends its list is a failure, not a full memory. */
const MAX_PAGES = 10_000;

/**
 * All pages of a list, or a failure: never a part of it, since what is missing counts as deleted. When the continue token expires
 * (410) the caller starts over. Items are read page by page, so that a large list neither stalls the thread nor is held as JSON.
 */
export async function listAll<T>(
  client: ApiClient,
  target: WatchTarget,
  read: (item: unknown) => T,
  signal: AbortSignal,
): Promise<Result<WholeList<T>, ApiFailure>> {
  const items: T[] = [];
  let continueToken = "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const path = `${target.path}?${listQuery(target, continueToken)}`;
    const answer = await client.getJson(path, signal, listForm(target));
    if (!answer.ok) return answer;
    const parsed = parsePage(answer.value);
    if (parsed === null) return err({ kind: "network", message: "the answer is not a list" });
    for (const item of parsed.items) items.push(read(item));
    continueToken = parsed.continueToken;
    if (continueToken === "") return ok({ items, resourceVersion: parsed.resourceVersion });
  }
  return err({ kind: "network", message: `the list has more than ${MAX_PAGES} pages` });
}

/** No resourceVersion: the newest state, never an old cache's. */
function listQuery(target: WatchTarget, continueToken: string): string {
  const query = new URLSearchParams({ limit: String(target.pageSize) });
  if (target.fieldSelector !== "") query.set("fieldSelector", target.fieldSelector);
  if (target.labelSelector !== "") query.set("labelSelector", target.labelSelector);
  if (continueToken !== "") query.set("continue", continueToken);
  return query.toString();
}

interface Page {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  readonly continueToken: string;
}

function parsePage(json: unknown): Page | null {
  if (!isRecord(json)) return null;
  const meta = json["metadata"];
  // Go writes an empty list as null where the field is present.
  const items = json["items"] ?? [];
  if (!isRecord(meta) || !Array.isArray(items)) return null;
  const resourceVersion = meta["resourceVersion"];
  const continueToken = meta["continue"];
  if (typeof resourceVersion !== "string" || resourceVersion === "") return null;
  return { items, resourceVersion, continueToken: typeof continueToken === "string" ? continueToken : "" };
}
