import { err, ok, type Result } from "../../lib/result.ts";
import type { Affinity } from "../../model/forward.ts";
import { Fields } from "../entries/feature.ts";
import { parseCookieName, parseWord, words } from "../entries/value-parsers.ts";

/** All of `Affinity` but `setsCookie`, which depends on the route. */
type AffinityPolicy = Omit<Affinity, "setsCookie">;
type SameSite = NonNullable<Affinity["sameSite"]>;

type CookieFields = { -readonly [K in keyof AffinityPolicy]: AffinityPolicy[K] } & { enabled: boolean };

const needs = { text: 'affinity: "cookie"', met: ({ enabled }: CookieFields) => enabled };

const cookie = new Fields<CookieFields>({ group: "Session affinity", needs }, () => ({
  enabled: false,
  mode: "balanced",
  cookieName: "INGRESSCOOKIE",
  path: null,
  domain: null,
  expiresSeconds: null,
  maxAgeSeconds: null,
  sameSite: null,
  conditionalSameSiteNone: false,
  secure: false,
  changeOnFailure: false,
}));

/** Keeps a client on one endpoint by a cookie; null where it is off. */
export const AFFINITY = cookie.feature({
  entries: [
    cookie.field("enabled", parseWord(new Map([["cookie", true]])), {
      name: "affinity",
      scope: "upstream",
      risk: "low",
      value: "`cookie`",
      fallback: "unset",
      needs: null,
      doc: "Keeps a client on one endpoint by a cookie, whose values are those of ingress-nginx: sessions outlive the migration.",
    }),
    cookie.field("mode", parseWord(words("balanced", "persistent")), {
      name: "affinity-mode",
      scope: "upstream",
      risk: "medium",
      value: "`balanced`, `persistent`",
      fallback: "`balanced`",
      doc: "`balanced` hashes the cookie over the endpoints, `persistent` names the endpoint in the cookie.",
    }),
    cookie.field("cookieName", parseCookieName, {
      name: "session-cookie-name",
      risk: "medium",
      value: "cookie name",
      fallback: "`INGRESSCOOKIE`",
      doc: "Case matters.",
    }),
    cookie.field("path", parseCookiePath, {
      name: "session-cookie-path",
      risk: "medium",
      value: "path",
      fallback: "the rule's path",
      doc: "`Path` of the cookie. Set it where paths are regexes.",
    }),
    cookie.field("expiresSeconds", parseCookieSeconds, {
      name: "session-cookie-expires",
      risk: "medium",
      value: "seconds",
      fallback: "unset",
      doc: "`Expires` of the cookie, from now.",
    }),
    cookie.field("maxAgeSeconds", parseCookieSeconds, {
      name: "session-cookie-max-age",
      risk: "medium",
      value: "seconds",
      fallback: "unset",
      doc: "`Max-Age` of the cookie, independent of `Expires`.",
    }),
    cookie.field("domain", parseCookieDomain, {
      name: "session-cookie-domain",
      risk: "medium",
      value: "domain",
      fallback: "unset",
      doc: "`Domain` of the cookie.",
    }),
    cookie.field("sameSite", parseSameSite, {
      name: "session-cookie-samesite",
      risk: "low",
      value: "`None`, `Lax`, `Strict`",
      fallback: "unset",
      status: { kind: "differs", how: "any case works; ingress-nginx drops other spellings silently" },
      doc: "`SameSite` of the cookie.",
    }),
    cookie.bool("conditionalSameSiteNone", {
      name: "session-cookie-conditional-samesite-none",
      risk: "low",
      fallback: "false",
      doc: "Leaves `SameSite=None` out for browsers that misread it.",
    }),
    cookie.bool("secure", {
      name: "session-cookie-secure",
      risk: "low",
      fallback: "on TLS connections",
      doc: "`true`: the cookie is always `Secure`. `false` is the same as absent.",
    }),
    cookie.bool("changeOnFailure", {
      name: "session-cookie-change-on-failure",
      risk: "low",
      fallback: "false",
      doc: "`true`: a failed attempt goes to another endpoint and the cookie follows; otherwise the same endpoint is tried again.",
    }),
  ],
  policy: ({ enabled, ...policy }): AffinityPolicy | null => (enabled ? policy : null),
});

const SAME_SITES: ReadonlyMap<string, SameSite> = new Map([
  ["none", "None"],
  ["lax", "Lax"],
  ["strict", "Strict"],
]);

/** Any case; browsers know only one spelling, so it is normalised. */
function parseSameSite(text: string): Result<SameSite> {
  return parseWord(SAME_SITES)(text.toLowerCase());
}

/** `Path` attribute of a cookie: ingress-nginx's URL characters, which hold no `;`, no comma and no space. */
function parseCookiePath(text: string): Result<string> {
  return /^[-._~A-Za-z0-9/:?&=%+@!$'()*]+$/.test(text) ? ok(text) : err(`expected a path such as "/"`);
}

function parseCookieDomain(text: string): Result<string> {
  return /^\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(text) ? ok(text) : err("expected a domain such as example.com");
}

/** Seconds from now; negative ones expire the cookie at once. No leading zeros, no plus sign. */
function parseCookieSeconds(text: string): Result<number> {
  if (!/^(0|-?[1-9]\d{0,9})$/.test(text)) return err("expected whole seconds of at most ten digits");
  return ok(Number(text));
}
