import { err, ok, type Result } from "../../lib/result.ts";
import { Fields } from "../entries/feature.ts";

interface RewriteFields {
  /** Replaces the whole path; may hold `$1`…`$9`. */
  target: string | null;
  /** Sent as X-Forwarded-Prefix; may hold `$1`…`$9`. */
  forwardedPrefix: string | null;
}

/** The slice of an Ingress that rewrites nothing. */
export const NO_REWRITE: Readonly<RewriteFields> = { target: null, forwardedPrefix: null };

const rewrite = new Fields<RewriteFields>({ group: "Routing and rewrite" }, () => ({ ...NO_REWRITE }));

/** What replaces the path on its way to the endpoint. */
export const REWRITE = rewrite.feature({
  entries: [
    rewrite.field("target", parseRewriteTarget, {
      name: "rewrite-target",
      scope: "host",
      risk: "medium",
      value: "path with `$1`…`$9`",
      fallback: "unset",
      status: {
        kind: "differs",
        how: "only capture groups are expanded, not nginx variables; an absolute URL is refused instead of becoming a redirect",
      },
      doc: "Replaces the whole path, not only the matched part; the query is kept. A target that differs from the rule's path turns every path of the host into a case-insensitive regex.",
    }),
    rewrite.field("forwardedPrefix", parsePathTemplate, {
      name: "x-forwarded-prefix",
      risk: "medium",
      value: "path with `$1`…`$9`",
      fallback: "unset",
      needs: { text: "rewrite-target", met: ({ target }) => target !== null },
      doc: "Sent upstream as X-Forwarded-Prefix while a rewrite is active.",
    }),
  ],
  policy: (fields): Readonly<RewriteFields> => fields,
});

/** Path template of ingress-nginx: `^/?[-._~A-Za-z0-9/:$]*$`, where `$` only starts a capture group `$1`…`$9`. */
function parsePathTemplate(text: string): Result<string> {
  if (!/^[-._~A-Za-z0-9/:$]*$/.test(text))
    return err(`expected a path of letters, digits and "-._~/:", with $1…$9 for capture groups`);
  if (/\$(?![1-9])/.test(text)) return err("only the capture groups $1…$9 are expanded, not nginx variables");
  return ok(text);
}

/** Target of `rewrite-target`. nginx would answer an absolute URL with a redirect, which is not what a rewrite is for. */
function parseRewriteTarget(text: string): Result<string> {
  if (/^https?:\/\//i.test(text))
    return err("expected a path; an absolute URL would be a redirect, use permanent-redirect for that");
  return parsePathTemplate(text);
}
