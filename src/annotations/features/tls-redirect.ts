import type { TlsRedirectFilter } from "../../model/filters/tls-redirect.ts";
import { at, Keys } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";
import { parseWord } from "../entries/value-parsers.ts";

type RedirectFields = { -readonly [K in keyof TlsRedirectFilter]: TlsRedirectFilter[K] };

const redirect = new Fields<RedirectFields>({ group: "TLS and redirects" }, (settings) => ({
  whenCertificate: settings.sslRedirect,
  always: settings.forceSslRedirect,
  preserveTrailingSlash: settings.preserveTrailingSlash,
}));
const keys = new Keys({ group: "TLS" });

const CODES: ReadonlyMap<string, 301 | 302 | 307 | 308> = new Map([
  ["301", 301],
  ["302", 302],
  ["307", 307],
  ["308", 308],
]);

/** Redirects from http to https. */
export const TLS_REDIRECT = redirect.feature({
  entries: [
    redirect.bool("whenCertificate", {
      name: "ssl-redirect",
      risk: "low",
      fallback: "ConfigMap `ssl-redirect`",
      doc: "Redirects http to https where a certificate is mapped to the host.",
    }),
    redirect.bool("always", {
      name: "force-ssl-redirect",
      risk: "medium",
      fallback: "ConfigMap `force-ssl-redirect`",
      doc: "Redirects http to https, certificate or not.",
    }),
    redirect.bool("preserveTrailingSlash", {
      name: "preserve-trailing-slash",
      risk: "medium",
      fallback: "ConfigMap `preserve-trailing-slash`",
      doc: "Keeps the last slash of the request target in the redirect to https.",
    }),
  ],
  policy: (fields): TlsRedirectFilter => fields,
  keys: [
    keys.bool(at("translation", "sslRedirect"), {
      name: "ssl-redirect",
      fallback: "true",
      doc: "Default of the annotation.",
    }),
    keys.bool(at("translation", "forceSslRedirect"), {
      name: "force-ssl-redirect",
      fallback: "false",
      doc: "Default of the annotation.",
    }),
    keys.bool(at("translation", "preserveTrailingSlash"), {
      name: "preserve-trailing-slash",
      group: "Proxying, timeouts, retries",
      fallback: "false",
      doc: "Default of the annotation.",
    }),
    keys.key(at("dataPlane", "httpRedirectCode"), parseWord(CODES), {
      name: "http-redirect-code",
      type: "int",
      fallback: "308",
      doc: "301, 302, 307 or 308.",
    }),
    keys.list(at("translation", "noTlsRedirectLocations"), {
      name: "no-tls-redirect-locations",
      fallback: "/.well-known/acme-challenge",
      doc: "Rule paths that begin with one of these are never redirected to https.",
    }),
  ],
});
