import { parseGoInt } from "../../lib/go-values.ts";
import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { CorsFilter } from "../../model/filters/cors.ts";
import type { Parse, Parsed } from "../entries/entry.ts";
import { Fields } from "../entries/feature.ts";
import { ignored } from "../entries/finding.ts";
import { parseList } from "../entries/value-parsers.ts";

type CorsFields = { -readonly [K in keyof CorsFilter]: CorsFilter[K] } & { enabled: boolean };

const needs = { text: 'enable-cors: "true"', met: ({ enabled }: CorsFields) => enabled };

const cors = new Fields<CorsFields>({ group: "CORS", needs }, () => ({
  enabled: false,
  origins: "any",
  credentials: true,
  methods: "GET, PUT, POST, DELETE, PATCH, OPTIONS",
  headers:
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
  exposedHeaders: null,
  maxAgeSeconds: 1_728_000,
}));

/** Which other sites may read answers; null: CORS is off, or no origin is let in. */
export const CORS = cors.feature({
  entries: [
    cors.bool("enabled", {
      name: "enable-cors",
      risk: "low",
      fallback: "false",
      needs: null,
      doc: "Answers preflights with 204, which is every OPTIONS request of an origin that is let in, and adds CORS headers to every answer to such an origin, errors included.",
    }),
    cors.field("origins", parseOrigins, {
      name: "cors-allow-origin",
      risk: "medium",
      value: "comma list of origins",
      fallback: "`*`",
      unusable: { value: [], outcome: "no origin is let in" },
      status: {
        kind: "differs",
        how: "a list without any usable origin lets none in, where ingress-nginx lets in all; an origin is compared as a whole, not only its end",
      },
      doc: "Origins that are let in: scheme, host and port such as `https://*.example.com:8443`, where `*` is one label; `null`; or `*` for all.",
    }),
    cors.field("methods", listOf(/^[A-Za-z][A-Za-z, ]*$/, "methods such as GET, PUT"), {
      name: "cors-allow-methods",
      risk: "medium",
      value: "comma list",
      fallback: "`GET, PUT, POST, DELETE, PATCH, OPTIONS`",
      doc: "Methods allowed.",
    }),
    cors.field("headers", listOf(/^[A-Za-z0-9_-][A-Za-z0-9_, -]*$/, "header names such as X-Session, Authorization"), {
      name: "cors-allow-headers",
      risk: "medium",
      value: "comma list",
      fallback: "a list of nine",
      doc: "Request headers allowed.",
    }),
    cors.field("exposedHeaders", listOf(/^[A-Za-z0-9_*-][A-Za-z0-9_*, -]*$/, "header names such as X-Total, or *"), {
      name: "cors-expose-headers",
      risk: "medium",
      value: "comma list or `*`",
      fallback: "none",
      doc: "Response headers that scripts may read.",
    }),
    cors.bool("credentials", {
      name: "cors-allow-credentials",
      risk: "low",
      fallback: "true",
      doc: "Whether cookies may be sent. Browsers take no credentials where all origins are let in by `*`.",
    }),
    cors.number("maxAgeSeconds", parseGoInt, {
      name: "cors-max-age",
      risk: "low",
      value: "seconds",
      fallback: "1728000",
      doc: "How long browsers may remember a preflight.",
    }),
  ],
  policy: ({ enabled, ...filter }): CorsFilter | null => (enabled && filter.origins.length > 0 ? filter : null),
});

/** Longer than any origin that a browser can send: a host name has 253 characters at most. */
const MAX_ORIGIN_LENGTH = 320;
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?)$/i;

/** What is no origin is left out: the others are still meant. */
function parseOrigins(text: string): Parsed<CorsFilter["origins"]> {
  const items = parseList(text);
  if (items.length === 0) return err("expected origins such as https://shop.example.com, or *");
  if (items.includes("*")) return ok("any");
  const origins = [...new Set(items.filter(isOrigin).map((item) => item.toLowerCase()))];
  const bad = items.find((item) => !isOrigin(item));
  if (bad === undefined) return ok(origins);
  const message = `"${printable(bad)}" is no origin such as https://*.example.com:8443`;
  if (origins.length === 0) return err(message);
  return { ok: true, value: origins, finding: ignored(`${message}; the others are let in`) };
}

function isOrigin(text: string): boolean {
  return text.length <= MAX_ORIGIN_LENGTH && ORIGIN.test(text);
}

/** The text is sent as it is written. */
function listOf(characters: RegExp, expected: string): Parse<string> {
  return (text): Result<string> => (characters.test(text) ? ok(text) : err(`expected ${expected}`));
}
