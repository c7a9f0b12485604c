import type { AnnotationEntry, Need } from "../entry.ts";
import { honoured } from "../entry-builders.ts";
import { exact, trimmed } from "../readers.ts";
import {
  parseBool,
  parseCookieDomain,
  parseCookieName,
  parseCookiePath,
  parseCookieSeconds,
  parseWord,
} from "../value-parsers.ts";
import { parseSameSite } from "./same-site.ts";

const group = "Session affinity";
const scope = "upstream";
const needs: Need = { text: 'affinity: "cookie"', met: (draft) => draft.affinity };

/** `affinity` stands first: the others ask whether it is set. */
export const AFFINITY: readonly AnnotationEntry[] = [
  honoured({
    name: "affinity",
    group,
    scope,
    risk: "low",
    value: "`cookie`",
    fallback: "unset",
    doc: "Keeps a client on one endpoint by a cookie, whose values are those of ingress-nginx: sessions outlive the migration.",
    reader: trimmed(parseWord(new Map([["cookie", true]])), (draft, value) => {
      draft.affinity = value;
    }),
  }),
  honoured({
    name: "affinity-mode",
    group,
    scope,
    risk: "medium",
    value: "`balanced`, `persistent`",
    fallback: "`balanced`",
    needs,
    doc: "`balanced` hashes the cookie over the endpoints, `persistent` names the endpoint in the cookie.",
    reader: trimmed(
      parseWord(
        new Map([
          ["balanced", "balanced"],
          ["persistent", "persistent"],
        ] as const),
      ),
      (draft, value) => {
        draft.cookie.mode = value;
      },
    ),
  }),
  honoured({
    name: "affinity-canary-behavior",
    group,
    scope,
    risk: "low",
    value: "`sticky`, `legacy`",
    fallback: "`sticky`",
    needs: { text: 'canary: "true"', met: (draft) => draft.canary },
    doc: "On a canary: `sticky` copies the affinity of the main Ingress.",
    reader: trimmed(
      parseWord(
        new Map([
          ["sticky", "sticky"],
          ["legacy", "legacy"],
        ] as const),
      ),
      (draft, value) => {
        draft.affinityCanaryBehavior = value;
      },
    ),
  }),
  honoured({
    name: "session-cookie-name",
    group,
    risk: "medium",
    value: "cookie name",
    fallback: "`INGRESSCOOKIE`",
    needs,
    doc: "Case matters.",
    reader: trimmed(parseCookieName, (draft, value) => {
      draft.cookie.cookieName = value;
    }),
  }),
  honoured({
    name: "session-cookie-path",
    group,
    risk: "medium",
    value: "path",
    fallback: "the rule's path",
    needs,
    doc: "`Path` of the cookie. Set it where paths are regexes.",
    reader: trimmed(parseCookiePath, (draft, value) => {
      draft.cookie.path = value;
    }),
  }),
  honoured({
    name: "session-cookie-expires",
    group,
    risk: "medium",
    value: "seconds",
    fallback: "unset",
    needs,
    doc: "`Expires` of the cookie, from now.",
    reader: trimmed(parseCookieSeconds, (draft, value) => {
      draft.cookie.expiresSeconds = value;
    }),
  }),
  honoured({
    name: "session-cookie-max-age",
    group,
    risk: "medium",
    value: "seconds",
    fallback: "unset",
    needs,
    doc: "`Max-Age` of the cookie, independent of `Expires`.",
    reader: trimmed(parseCookieSeconds, (draft, value) => {
      draft.cookie.maxAgeSeconds = value;
    }),
  }),
  honoured({
    name: "session-cookie-domain",
    group,
    risk: "medium",
    value: "domain",
    fallback: "unset",
    needs,
    doc: "`Domain` of the cookie.",
    reader: trimmed(parseCookieDomain, (draft, value) => {
      draft.cookie.domain = value;
    }),
  }),
  honoured({
    name: "session-cookie-samesite",
    group,
    risk: "low",
    value: "`None`, `Lax`, `Strict`",
    fallback: "unset",
    needs,
    status: { kind: "differs", how: "any case works; ingress-nginx drops other spellings silently" },
    doc: "`SameSite` of the cookie.",
    reader: trimmed(parseSameSite, (draft, value) => {
      draft.cookie.sameSite = value;
    }),
  }),
  honoured({
    name: "session-cookie-conditional-samesite-none",
    group,
    risk: "low",
    value: "bool",
    fallback: "false",
    needs,
    doc: "Leaves `SameSite=None` out for browsers that misread it.",
    reader: exact(parseBool, (draft, value) => {
      draft.cookie.conditionalSameSiteNone = value;
    }),
  }),
  honoured({
    name: "session-cookie-secure",
    group,
    risk: "low",
    value: "bool",
    fallback: "on TLS connections",
    needs,
    doc: "`true`: the cookie is always `Secure`. `false` is the same as absent.",
    reader: exact(parseBool, (draft, value) => {
      draft.cookie.secure = value;
    }),
  }),
  honoured({
    name: "session-cookie-change-on-failure",
    group,
    risk: "low",
    value: "bool",
    fallback: "false",
    needs,
    doc: "`true`: a failed attempt goes to another endpoint and the cookie follows; otherwise the same endpoint is tried again.",
    reader: exact(parseBool, (draft, value) => {
      draft.cookie.changeOnFailure = value;
    }),
  }),
];
