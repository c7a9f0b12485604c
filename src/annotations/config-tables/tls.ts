import { boolSetting, intSetting, listSetting, setting } from "../config-apply.ts";
import { honouredKey, unhonouredKeys, type ConfigKey } from "../config-key.ts";
import type { Settings } from "../../model/settings.ts";
import { parseWord } from "../value-parsers.ts";

const group = "TLS";

type Hsts = NonNullable<Settings["hsts"]>;

/** `hsts` stands last of its kind: switched off, it wins over the others. */
export const TLS_KEYS: readonly ConfigKey[] = [
  honouredKey({
    name: "ssl-redirect",
    group,
    type: "bool",
    fallback: "true",
    doc: "Default of the annotation.",
    apply: boolSetting((sslRedirect) => ({ sslRedirect })),
  }),
  honouredKey({
    name: "force-ssl-redirect",
    group,
    type: "bool",
    fallback: "false",
    doc: "Default of the annotation.",
    apply: boolSetting((forceSslRedirect) => ({ forceSslRedirect })),
  }),
  honouredKey({
    name: "http-redirect-code",
    group,
    type: "int",
    fallback: "308",
    doc: "301, 302, 307 or 308.",
    apply: setting(
      parseWord(
        new Map([
          ["301", 301],
          ["302", 302],
          ["307", 307],
          ["308", 308],
        ] as const),
      ),
      (httpRedirectCode) => ({ httpRedirectCode }),
    ),
  }),
  honouredKey({
    name: "no-tls-redirect-locations",
    group,
    type: "list",
    fallback: "/.well-known/acme-challenge",
    doc: "Rule paths that begin with one of these are never redirected to https.",
    apply: listSetting((noTlsRedirectLocations) => ({ noTlsRedirectLocations })),
  }),
  honouredKey({
    name: "hsts-max-age",
    group,
    type: "int",
    fallback: "31536000",
    doc: "Seconds.",
    apply: intSetting(0, (maxAgeSeconds, settings) => withHsts(settings, { maxAgeSeconds })),
  }),
  honouredKey({
    name: "hsts-include-subdomains",
    group,
    type: "bool",
    fallback: "true",
    doc: "Adds `includeSubDomains`.",
    apply: boolSetting((includeSubdomains, settings) => withHsts(settings, { includeSubdomains })),
  }),
  honouredKey({
    name: "hsts-preload",
    group,
    type: "bool",
    fallback: "false",
    doc: "Adds `preload`.",
    apply: boolSetting((preload, settings) => withHsts(settings, { preload })),
  }),
  honouredKey({
    name: "hsts",
    group,
    type: "bool",
    fallback: "true",
    doc: "Sends Strict-Transport-Security over TLS.",
    apply: boolSetting((on) => (on ? {} : { hsts: null })),
  }),
  ...unhonouredKeys({ group }, [
    ["ssl-protocols", "text", "TLSv1.2 TLSv1.3", "Versions offered; always these two so far."],
    ["ssl-ciphers", "text", "8 ECDHE and DHE suites", "Ciphers of TLS 1.2."],
    ["ssl-ecdh-curve", "text", "auto", "Curves."],
    ["ssl-dh-param", "text", "", "Secret with Diffie-Hellman parameters."],
    ["ssl-session-cache", "bool", "true", "Remembers sessions."],
    ["ssl-session-cache-size", "text", "10m", "Memory for sessions."],
    ["ssl-session-timeout", "text", "10m", "How long sessions are remembered."],
    ["ssl-session-tickets", "bool", "false", "Hands sessions to clients."],
    ["ssl-session-ticket-key", "text", "", "Key of the tickets, shared by replicas."],
    ["ssl-reject-handshake", "bool", "false", "Refuses unknown server names."],
    ["enable-ocsp", "bool", "false", "Staples OCSP answers."],
    ["proxy-ssl-location-only", "bool", "false", "Keeps `proxy-ssl-*` to the path."],
  ]),
  ...unhonouredKeys({ group, status: { kind: "accepted", why: "the platform decides it" } }, [
    ["ssl-buffer-size", "text", "4k", "Size of TLS records."],
    ["ssl-early-data", "bool", "false", "Early data of TLS 1.3, which Node does not have."],
  ]),
];

function withHsts(settings: Settings, patch: Partial<Hsts>): Partial<Settings> {
  return settings.hsts === null ? {} : { hsts: { ...settings.hsts, ...patch } };
}
