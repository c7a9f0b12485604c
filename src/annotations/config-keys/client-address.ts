import { parseCidr } from "../../lib/cidr.ts";
import { printable } from "../../lib/printable.ts";
import { err, ok } from "../../lib/result.ts";
import { type Apply, at, type ConfigKey, Keys, unsupportedKeys, withChanged } from "../entries/config-key.ts";
import { parseHeaderName, parseList } from "../entries/value-parsers.ts";

const group = "Client address and forwarded headers";
const keys = new Keys({ group });

/**
 * Peers whose forwarded headers are believed. The default is everybody, so a bad entry must not bring it back: the good
 * entries stay, and without any nobody is believed.
 */
const applyTrustedProxies: Apply = (text, settings) => {
  const items = parseList(text);
  if (items.length === 0) return ok(settings);
  const parsed = items.map((item) => ({ item, cidr: parseCidr(item) }));
  const cidrs = parsed.flatMap(({ cidr }) => (cidr.ok ? [cidr.value] : []));
  const bad = parsed.find(({ cidr }) => !cidr.ok);
  const next = withChanged(settings, "dataPlane", { proxyRealIpCidrs: [...new Set(cidrs)] });
  if (bad === undefined) return ok(next);
  return err({
    message: `"${printable(bad.item)}" is not an IP address or CIDR`,
    settings: next,
    outcome: cidrs.length === 0 ? "nobody is trusted" : "only the valid entries are trusted",
  });
};

/** Whom forwarded headers are believed of. */
export const CLIENT_ADDRESS_KEYS: readonly ConfigKey[] = [
  keys.bool(at("dataPlane", "useForwardedHeaders"), {
    name: "use-forwarded-headers",
    fallback: "false",
    doc: "Believes X-Forwarded-For, -Host, -Proto and -Port of the peer.",
  }),
  keys.bool(at("dataPlane", "enableRealIp"), {
    name: "enable-real-ip",
    fallback: "false",
    doc: "Believes the client address that the peer sends, and nothing else.",
  }),
  keys.custom(applyTrustedProxies, {
    name: "proxy-real-ip-cidr",
    protects: true,
    type: "list",
    fallback: "0.0.0.0/0",
    status: {
      kind: "differs",
      how: "bad entries are left out, where nginx refuses every further configuration",
    },
    doc: "Peers whose client address is believed. The default lets every client choose its address.",
  }),
  keys.key(at("dataPlane", "forwardedForHeader"), parseHeaderName, {
    name: "forwarded-for-header",
    fallback: "X-Forwarded-For",
    doc: "Header with the client address.",
  }),
  keys.bool(at("dataPlane", "computeFullForwardedFor"), {
    name: "compute-full-forwarded-for",
    fallback: "false",
    doc: "Appends to X-Forwarded-For instead of replacing it.",
  }),
  keys.bool(at("dataPlane", "generateRequestId"), {
    name: "generate-request-id",
    fallback: "true",
    doc: "Makes an X-Request-ID where the client sent none.",
  }),
  ...unsupportedKeys(
    { group, outage: "whoever sends the PROXY protocol in front would have every connection refused" },
    [["use-proxy-protocol", "bool", "false", "Expects the PROXY protocol on both ports."]],
  ),
  ...unsupportedKeys({ group }, [
    ["proxy-protocol-header-timeout", "text", "5s", "Longest wait for the PROXY header."],
    ["forwarded-host-header", "text", "X-Forwarded-Host", "Header that feeds X-Original-Forwarded-Host."],
    ["proxy-add-original-uri-header", "bool", "false", "Sends X-Original-URI upstream."],
    ["enable-underscores-in-headers", "bool", "false", "Keeps request headers with an underscore."],
    ["ignore-invalid-headers", "bool", "true", "Drops request headers with invalid names."],
  ]),
  ...unsupportedKeys({ group, status: { kind: "accepted", why: "the PROXY address needs no header of its own" } }, [
    ["forwarded-for-proxy-protocol-header", "text", "X-Forwarded-For-Proxy-Protocol", "Helper header of nginx."],
  ]),
];
