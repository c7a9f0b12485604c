import type { RankedGroup } from "../../../src/model/route-group.ts";
import type { PathType } from "../../../src/model/route.ts";
import { buildRoute, type RouteParts } from "./route-builder.ts";

export const GATEWAY_TABLE = "gateway/shop/web/http";

/** A path of a group, what else its route has, and `second` at which its object was made: the older one comes first. */
interface GroupPath extends RouteParts {
  readonly type: PathType;
  readonly path: string;
}

/** A group of that name; `second` is when its object was made. Its routes are `<name>-<index>`. */
export function buildGroup(
  name: string,
  hosts: readonly string[],
  paths: readonly GroupPath[],
  { table = GATEWAY_TABLE, second = 0 }: { readonly table?: string; readonly second?: number } = {},
): RankedGroup {
  const routes = paths.map(({ type, path, ...parts }, index) => {
    const rank = rankOf({ type, path }, second, `${name} ${index}`);
    return { ...buildRoute(`${name}-${index}`, type, path, parts), rank };
  });
  return { id: `HTTPRoute/shop/${name}@${table}`, table, hosts, routes };
}

/** Exact before prefix, long before short, old before young. */
function rankOf({ type, path }: GroupPath, second: number, name: string): string {
  const shortness = String(10_000 - path.replace(/(?<=.)\/$/, "").length).padStart(5, "0");
  return `${type === "exact" ? 0 : 1} ${shortness} ${String(second).padStart(10, "0")} ${name}`;
}
