import { at, type ConfigKey, Keys, unsupportedKeys, withChanged } from "../entries/config-key.ts";

const group = "TLS";
const keys = new Keys({ group });

/** `hsts` stands last of its kind: switched off, it wins over the others. */
export const TLS_KEYS: readonly ConfigKey[] = [
  keys.int(at("dataPlane", "hsts", "maxAgeSeconds"), 0, {
    name: "hsts-max-age",
    fallback: "31536000",
    doc: "Seconds.",
  }),
  keys.bool(at("dataPlane", "hsts", "includeSubdomains"), {
    name: "hsts-include-subdomains",
    fallback: "true",
    doc: "Adds `includeSubDomains`.",
  }),
  keys.bool(at("dataPlane", "hsts", "preload"), {
    name: "hsts-preload",
    fallback: "false",
    doc: "Adds `preload`.",
  }),
  keys.bool((settings, on) => (on ? settings : withChanged(settings, "dataPlane", { hsts: null })), {
    name: "hsts",
    fallback: "true",
    doc: "Sends Strict-Transport-Security over TLS.",
  }),
  ...unsupportedKeys({ group }, [
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
  ...unsupportedKeys({ group, status: { kind: "accepted", why: "the platform decides it" } }, [
    ["ssl-buffer-size", "text", "4k", "Size of TLS records."],
    ["ssl-early-data", "bool", "false", "Early data of TLS 1.3, which Node does not have."],
  ]),
];
