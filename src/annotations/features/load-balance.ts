import { err, ok } from "../../lib/result.ts";
import type { TranslationSettings } from "../../model/settings.ts";
import { at, Keys } from "../entries/config-key.ts";
import { isFalse, type Parsed, unsupported } from "../entries/entry.ts";
import { Fields } from "../entries/feature.ts";
import { notice } from "../entries/finding.ts";
import { parseWord } from "../entries/value-parsers.ts";

type Algorithm = TranslationSettings["loadBalance"];

const shared = { group: "Load balancing", scope: "upstream" } as const;
const balance = new Fields<{ algorithm: Algorithm }>(shared, ({ loadBalance }) => ({ algorithm: loadBalance }));
const keys = new Keys({ group: "Proxying, timeouts, retries" });

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ["round_robin", "round-robin"],
  ["ewma", "ewma"],
]);
/** Names of ingress-nginx's balancers that only work together with other annotations. */
const INTERNAL = new Set(["chash", "chashsubset", "sticky_balanced", "sticky_persistent"]);
const COUNTS_AS_ROUND_ROBIN = notice("counts as round_robin; write round_robin or ewma");

/** How endpoints are chosen. */
export const LOAD_BALANCE = balance.feature({
  entries: [
    balance.field("algorithm", parseAlgorithm, {
      name: "load-balance",
      risk: "low",
      value: "`round_robin`, `ewma`",
      fallback: "ConfigMap `load-balance`",
      status: { kind: "differs", how: "`chash`, `chashsubset` and `sticky_*` count as `round_robin`" },
      doc: "How endpoints are picked. Affinity wins over it. The first Ingress that refers to a service decides.",
    }),
    ...unsupported(shared, [
      ["upstream-hash-by", "high", "text with nginx variables", "unset", "Picks the endpoint by a hash of this text."],
      ["upstream-hash-by-subset", "low", "bool", "false", "Hashes to a group of endpoints instead of one.", isFalse],
      ["upstream-hash-by-subset-size", "low", "int", "3", "Endpoints in a group."],
    ]),
  ],
  policy: ({ algorithm }) => algorithm,
  keys: [
    keys.key(at("translation", "loadBalance"), parseWord(ALGORITHMS), {
      name: "load-balance",
      fallback: "round_robin",
      doc: "`round_robin` or `ewma`; default of the annotation.",
    }),
  ],
});

function parseAlgorithm(text: string): Parsed<Algorithm> {
  const algorithm = ALGORITHMS.get(text);
  if (algorithm !== undefined) return ok(algorithm);
  if (!INTERNAL.has(text)) return err("expected round_robin or ewma");
  return { ok: true, value: "round-robin", finding: COUNTS_AS_ROUND_ROBIN };
}
