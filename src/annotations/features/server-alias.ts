import { type Finding } from "../entries/finding.ts";
import type { Parsed } from "../entries/entry.ts";
import { Fields } from "../entries/feature.ts";
import { parseList } from "../entries/value-parsers.ts";

const alias = new Fields<{ names: readonly string[] }>({ group: "Routing and rewrite", scope: "host" }, () => ({
  names: [],
}));

/** Further names of the hosts, as written. */
export const SERVER_ALIAS = alias.feature({
  entries: [
    alias.field("names", parseNames, {
      name: "server-alias",
      risk: "high",
      value: "comma list of host names",
      fallback: "none",
      status: {
        kind: "differs",
        how: "the names are not served yet: unless an Ingress has rules for them, their requests are answered 503, and not by another host; regular expressions are not read",
      },
      doc: "Further names for the hosts of the rules.",
    }),
  ],
  policy: ({ names }) => names,
});

const NOT_SERVED: Finding = {
  severity: "warning",
  message: "not supported yet: requests for these names are answered 503 unless an Ingress has rules for them",
  effect: "not-served",
};

function parseNames(text: string): Parsed<readonly string[]> {
  return { ok: true, value: parseList(text), finding: NOT_SERVED };
}
