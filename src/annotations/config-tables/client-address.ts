import { applyTrustedProxies, boolSetting, setting } from "../config-apply.ts";
import { honouredKey, unhonouredKeys, type ConfigKey } from "../config-key.ts";
import { parseHeaderName } from "../value-parsers.ts";

const group = "Client address and forwarded headers";

export const CLIENT_ADDRESS_KEYS: readonly ConfigKey[] = [
  honouredKey({
    name: "use-forwarded-headers",
    group,
    type: "bool",
    fallback: "false",
    doc: "Believes X-Forwarded-For, -Host, -Proto and -Port of the peer.",
    apply: boolSetting((useForwardedHeaders) => ({ useForwardedHeaders })),
  }),
  honouredKey({
    name: "enable-real-ip",
    group,
    type: "bool",
    fallback: "false",
    doc: "Believes the client address that the peer sends, and nothing else.",
    apply: boolSetting((enableRealIp) => ({ enableRealIp })),
  }),
  honouredKey({
    name: "proxy-real-ip-cidr",
    group,
    protects: true,
    type: "list",
    fallback: "0.0.0.0/0",
    status: {
      kind: "differs",
      how: "bad entries are left out, where nginx refuses every further configuration",
    },
    doc: "Peers whose client address is believed. The default lets every client choose its address.",
    apply: applyTrustedProxies,
  }),
  honouredKey({
    name: "forwarded-for-header",
    group,
    type: "text",
    fallback: "X-Forwarded-For",
    doc: "Header with the client address.",
    apply: setting(parseHeaderName, (forwardedForHeader) => ({ forwardedForHeader })),
  }),
  honouredKey({
    name: "compute-full-forwarded-for",
    group,
    type: "bool",
    fallback: "false",
    doc: "Appends to X-Forwarded-For instead of replacing it.",
    apply: boolSetting((computeFullForwardedFor) => ({ computeFullForwardedFor })),
  }),
  honouredKey({
    name: "generate-request-id",
    group,
    type: "bool",
    fallback: "true",
    doc: "Makes an X-Request-ID where the client sent none.",
    apply: boolSetting((generateRequestId) => ({ generateRequestId })),
  }),
  ...unhonouredKeys(
    { group, outage: "whoever sends the PROXY protocol in front would have every connection refused" },
    [["use-proxy-protocol", "bool", "false", "Expects the PROXY protocol on both ports."]],
  ),
  ...unhonouredKeys({ group }, [
    ["proxy-protocol-header-timeout", "text", "5s", "Longest wait for the PROXY header."],
    ["forwarded-host-header", "text", "X-Forwarded-Host", "Header that feeds X-Original-Forwarded-Host."],
    ["proxy-add-original-uri-header", "bool", "false", "Sends X-Original-URI upstream."],
    ["enable-underscores-in-headers", "bool", "false", "Keeps request headers with an underscore."],
    ["ignore-invalid-headers", "bool", "true", "Drops request headers with invalid names."],
  ]),
  ...unhonouredKeys({ group, status: { kind: "accepted", why: "the PROXY address needs no header of its own" } }, [
    ["forwarded-for-proxy-protocol-header", "text", "X-Forwarded-For-Proxy-Protocol", "Helper header of nginx."],
  ]),
];
