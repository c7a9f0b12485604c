type Json = Readonly<Record<string, unknown>>;

/** Lists that strategic merge merges by a key of their items; all others are replaced. */
const MERGE_KEYS: ReadonlyMap<string, string> = new Map([
  ["ports", "port"],
  ["containers", "name"],
  ["env", "name"],
]);

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Kubernetes' strategic merge, as far as `kubectl apply` and `kubectl annotate` use it on the kinds served here. */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  if (patch["$patch"] === "replace") return withoutDirectives(patch);
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(key, result[key], value);
    else result[key] = strategicMergePatch(result[key], value);
  }
  retainKeys(result, patch["$retainKeys"]);
  return result;
}

function mergeList(name: string, target: unknown, patch: readonly unknown[]): unknown {
  const mergeKey = MERGE_KEYS.get(name);
  if (mergeKey === undefined || !Array.isArray(target)) return patch.filter((item) => !isDeletion(item));
  const result: unknown[] = [...target];
  for (const item of patch) {
    const at = result.findIndex((other) => isObject(other) && isObject(item) && other[mergeKey] === item[mergeKey]);
    if (isDeletion(item)) result.splice(at, at === -1 ? 0 : 1);
    else if (at === -1) result.push(item);
    else result[at] = strategicMergePatch(result[at], item);
  }
  return result;
}

function isDeletion(item: unknown): boolean {
  return isObject(item) && item["$patch"] === "delete";
}

function retainKeys(result: Record<string, unknown>, keys: unknown): void {
  if (!Array.isArray(keys)) return;
  for (const key of Object.keys(result)) if (!keys.includes(key)) delete result[key];
}

function withoutDirectives(patch: Json): Json {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith("$")));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
