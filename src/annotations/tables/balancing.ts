import type { AnnotationEntry } from "../entry.ts";
import { honoured, isFalse, unhonoured } from "../entry-builders.ts";
import { custom } from "../readers.ts";
import { unusable } from "../remark.ts";

const group = "Load balancing";
const scope = "upstream";

const ALGORITHMS: ReadonlyMap<string, "round-robin" | "ewma"> = new Map([
  ["round_robin", "round-robin"],
  ["ewma", "ewma"],
]);
/** Names of ingress-nginx's balancers that only work together with other annotations. */
const INTERNAL = new Set(["chash", "chashsubset", "sticky_balanced", "sticky_persistent"]);

export const BALANCING: readonly AnnotationEntry[] = [
  honoured({
    name: "load-balance",
    group,
    scope,
    risk: "low",
    value: "`round_robin`, `ewma`",
    fallback: "ConfigMap `load-balance`",
    status: { kind: "differs", how: "`chash`, `chashsubset` and `sticky_*` count as `round_robin`" },
    doc: "How endpoints are picked. Affinity wins over it. The first Ingress that refers to a service decides.",
    reader: custom("trimmed", (value, draft) => {
      const algorithm = ALGORITHMS.get(value);
      if (algorithm === undefined && !INTERNAL.has(value)) return unusable("expected round_robin or ewma");
      draft.loadBalance = algorithm ?? "round-robin";
      if (algorithm !== undefined) return null;
      return { severity: "warning", message: "counts as round_robin; write round_robin or ewma", effect: "none" };
    }),
  }),
  ...unhonoured({ group, scope }, [
    ["upstream-hash-by", "high", "text with nginx variables", "unset", "Picks the endpoint by a hash of this text."],
    ["upstream-hash-by-subset", "low", "bool", "false", "Hashes to a group of endpoints instead of one.", isFalse],
    ["upstream-hash-by-subset-size", "low", "int", "3", "Endpoints in a group."],
  ]),
];
