import { describe, expect, it } from "vitest";
import { CONFIG_KEYS } from "../../../src/annotations/annotations.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../src/model/settings.ts";
import { readConfigMap } from "../../support/builders/read-annotations.ts";

const { timeouts, retry, upstreamKeepalive } = DEFAULT_SETTINGS;
const hsts = { maxAgeSeconds: 31_536_000, includeSubdomains: true, preload: false };

const { accessLog } = DEFAULT_SETTINGS;

const VALID: readonly (readonly [key: string, value: string, expected: Partial<Settings>])[] = [
  ["proxy-body-size", "10m", { bodyLimitBytes: 10_485_760 }],
  ["proxy-body-size", "0", { bodyLimitBytes: 0 }],
  ["proxy-buffer-size", "16k", { responseHeadBytes: 65_536 }],
  ["proxy-buffer-size", "256K", { responseHeadBytes: 262_144 }],
  ["proxy-connect-timeout", "7", { timeouts: { ...timeouts, connectMs: 7000 } }],
  ["proxy-read-timeout", " 120 ", { timeouts: { ...timeouts, readMs: 120_000 } }],
  ["proxy-send-timeout", "120", { timeouts: { ...timeouts, sendMs: 120_000 } }],
  ["proxy-next-upstream", "error http_503", { retry: { ...retry, onTimeout: false, onStatuses: [503] } }],
  ["proxy-next-upstream-timeout", "9", { retry: { ...retry, timeoutMs: 9000 } }],
  ["proxy-next-upstream-tries", "5", { retry: { ...retry, tries: 5 } }],
  ["retry-non-idempotent", "true", { retryNonIdempotent: true, retry: { ...retry, nonIdempotent: true } }],
  ["worker-processes", "4", { workerProcesses: 4 }],
  ["worker-processes", "auto", {}],
  ["hide-headers", "X-Powered-By, Server,\n X-Powered-By", { hideHeaders: ["x-powered-by", "server"] }],
  ["log-format-upstream", "$status", { accessLog: { ...accessLog, format: [{ kind: "variable", name: "status" }] } }],
  ["log-format-escape-json", "true", { accessLog: { ...accessLog, escape: "json" } }],
  ["log-format-escape-none", "true", { accessLog: { ...accessLog, escape: "none" } }],
  ["access-log-path", "/dev/stderr", { accessLog: { ...accessLog, target: "stderr" } }],
  ["http-access-log-path", "off", { accessLog: { ...accessLog, target: "off" } }],
  ["disable-access-log", "true", { accessLog: { ...accessLog, target: "off" } }],
  ["disable-http-access-log", "true", { accessLog: { ...accessLog, target: "off" } }],
  ["enable-access-log-for-default-backend", "true", { accessLog: { ...accessLog, defaultBackend: true } }],
  ["skip-access-log-urls", "/a", { accessLog: { ...accessLog, skip: [{ kind: "target", target: "/a" }] } }],
  ["error-log-level", "error", { errorLogLevel: "error" }],
  ["client-body-timeout", "5", { clientBodyTimeoutMs: 5000 }],
  ["client-header-timeout", "5", { clientHeaderTimeoutMs: 5000 }],
  ["service-upstream", "true", { serviceUpstream: true }],
  ["load-balance", "ewma", { loadBalance: "ewma" }],
  ["limit-req-status-code", "429", { limitReqStatusCode: 429 }],
  ["limit-conn-status-code", "429", { limitConnStatusCode: 429 }],
  ["upstream-keepalive-connections", "0", { upstreamKeepalive: { ...upstreamKeepalive, connections: 0 } }],
  [
    "upstream-keepalive-timeout",
    "10",
    { upstreamKeepalive: { ...upstreamKeepalive, timeoutMs: 10_000, http2TimeoutMs: 10_000 } },
  ],
  ["upstream-keepalive-requests", "100", { upstreamKeepalive: { ...upstreamKeepalive, requests: 100 } }],
  ["preserve-trailing-slash", "true", { preserveTrailingSlash: true }],
  ["relative-redirects", "true", { relativeRedirects: true }],
  ["use-forwarded-headers", "true", { useForwardedHeaders: true }],
  ["enable-real-ip", "1", { enableRealIp: true }],
  ["proxy-real-ip-cidr", "10.1.0.0/8, 192.0.2.7", { proxyRealIpCidrs: ["10.0.0.0/8", "192.0.2.7/32"] }],
  ["proxy-real-ip-cidr", "", {}],
  ["forwarded-for-header", "CF-Connecting-IP", { forwardedForHeader: "CF-Connecting-IP" }],
  ["compute-full-forwarded-for", "true", { computeFullForwardedFor: true }],
  ["generate-request-id", "false", { generateRequestId: false }],
  ["ssl-redirect", "false", { sslRedirect: false }],
  ["ssl-redirect", "", { sslRedirect: false }],
  ["force-ssl-redirect", "true", { forceSslRedirect: true }],
  ["http-redirect-code", "301", { httpRedirectCode: 301 }],
  ["annotations-risk-level", "Medium", { annotationsRiskLevel: "medium" }],
  ["annotations-risk-level", "CRITICAL", { annotationsRiskLevel: "critical" }],
  ["annotation-value-word-blocklist", "_by_lua, load_module", { annotationWordBlocklist: ["_by_lua", "load_module"] }],
  ["strict-validate-path-type", "false", { strictPathTypes: false }],
  ["no-tls-redirect-locations", "/a, /b", { noTlsRedirectLocations: ["/a", "/b"] }],
  ["no-tls-redirect-locations", "", { noTlsRedirectLocations: [] }],
  ["hsts", "false", { hsts: null }],
  ["hsts-max-age", "60", { hsts: { ...hsts, maxAgeSeconds: 60 } }],
  ["hsts-include-subdomains", "false", { hsts: { ...hsts, includeSubdomains: false } }],
  ["hsts-preload", "true", { hsts: { ...hsts, preload: true } }],
  ["use-http2", "false", { useHttp2: false }],
  ["http2-max-concurrent-streams", "32", { http2MaxConcurrentStreams: 32 }],
  ["keep-alive", "0", { keepAliveSeconds: 0 }],
  ["keep-alive", "", { keepAliveSeconds: 0 }],
  ["keep-alive-requests", "10", { keepAliveRequests: 10 }],
];

const INVALID: readonly (readonly [key: string, value: string])[] = [
  ["proxy-body-size", "big"],
  ["proxy-connect-timeout", "5s"],
  ["proxy-read-timeout", "0"],
  ["proxy-next-upstream", "sometimes"],
  ["retry-non-idempotent", "on"],
  ["client-header-timeout", "-1"],
  ["load-balance", "random"],
  ["worker-processes", "0"],
  ["worker-processes", "many"],
  ["worker-processes", "100000"],
  ["limit-req-status-code", "200"],
  ["limit-conn-status-code", "600"],
  ["forwarded-for-header", "X Forwarded For"],
  ["forwarded-for-header", "X-A\r\nX-B"],
  ["ssl-redirect", "yes"],
  ["http-redirect-code", "303"],
  ["hsts-max-age", "forever"],
  ["http2-max-concurrent-streams", "0"],
  ["keep-alive", "75s"],
  ["keep-alive-requests", "0"],
  ["no-tls-redirect-locations", "/a\u0000"],
];

describe("a ConfigMap key", () => {
  it.each(VALID)("%s: %j changes its setting and nothing else", (key, value, expected) => {
    expect(readConfigMap({ [key]: value })).toEqual({ settings: { ...DEFAULT_SETTINGS, ...expected }, problems: [] });
  });

  it.each(INVALID)("%s: %j costs its own default only, and is named", (key, value) => {
    const { settings, problems } = readConfigMap({ [key]: value, "use-http2": "false" });
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, useHttp2: false });
    expect(problems).toMatchObject([{ severity: "error", field: `data[${key}]`, effect: "ignored" }]);
    expect(problems[0]?.message).toMatch(/; the default applies$/);
  });

  it("that names no risk level means the lowest, as in ingress-nginx", () => {
    const { settings, problems } = readConfigMap({ "annotations-risk-level": "Moderate" });
    expect(settings.annotationsRiskLevel).toBe("low");
    expect(problems[0]?.message).toContain("expected Low, Medium, High or Critical; Low applies");
  });

  it("is covered by this table when it claims to work", () => {
    const covered = new Set(VALID.map(([key]) => key));
    expect(CONFIG_KEYS.filter(({ apply, name }) => apply !== null && !covered.has(name))).toEqual([]);
  });

  it("hsts: false wins over its details", () => {
    expect(readConfigMap({ "hsts-max-age": "60", hsts: "false" }).settings.hsts).toBeNull();
  });

  it("retry-non-idempotent holds beside a list of conditions", () => {
    const { settings } = readConfigMap({ "retry-non-idempotent": "true", "proxy-next-upstream": "error" });
    expect(settings.retry).toMatchObject({ onError: true, onTimeout: false, nonIdempotent: true });
  });
});

describe("proxy-real-ip-cidr", () => {
  it("never falls back to trusting everybody: the valid entries stay", () => {
    const { settings, problems } = readConfigMap({ "proxy-real-ip-cidr": "10.0.0.0/8,lan" });
    expect(settings.proxyRealIpCidrs).toEqual(["10.0.0.0/8"]);
    expect(problems[0]?.message).toContain("only the valid entries are trusted");
  });

  it("trusts nobody where no entry is valid", () => {
    expect(readConfigMap({ "proxy-real-ip-cidr": "lan" }).settings.proxyRealIpCidrs).toEqual([]);
  });
});

describe("a ConfigMap key without effect", () => {
  const rows = CONFIG_KEYS.filter(({ apply, protects }) => apply === null && !protects).map(({ name }) => name);

  it.each(rows)("%s is named and changes nothing", (key) => {
    const { settings, problems } = readConfigMap({ [key]: "some-value" });
    expect(settings).toEqual(DEFAULT_SETTINGS);
    expect(problems).toMatchObject([{ field: `data[${key}]`, source: { kind: "ConfigMap" } }]);
  });

  it.each(CONFIG_KEYS.filter(({ apply }) => apply === null))(
    "$name is not named where it says what happens anyway",
    (key) => {
      expect(readConfigMap({ [key.name]: key.fallback })).toEqual({ settings: DEFAULT_SETTINGS, problems: [] });
    },
  );

  it.each(["server-snippet", "http-snippet", "location-snippet", "allow-snippet-annotations"])(
    "%s is refused in an error",
    (key) => {
      expect(readConfigMap({ [key]: "true" }).problems).toMatchObject([{ severity: "error", effect: "ignored" }]);
    },
  );

  it("is named with the nearest one when unknown", () => {
    const { settings, problems } = readConfigMap({ "ssl-redirct": "false" });
    expect(settings).toEqual(DEFAULT_SETTINGS);
    expect(problems).toMatchObject([{ severity: "warning", field: "data[ssl-redirct]" }]);
    expect(problems[0]?.message).toContain("did you mean ssl-redirect?");
  });

  it.each(["constructor", "toString", "hasOwnProperty"])("%s is only a word (HD-13)", (key) => {
    expect(readConfigMap({ [key]: "x" })).toMatchObject({
      settings: DEFAULT_SETTINGS,
      problems: [{ field: `data[${key}]` }],
    });
  });
});

describe("global access control that cannot be honoured", () => {
  it.each([
    ["whitelist-source-range", "10.0.0.0/8"],
    ["whitelist-source-range", "0.0.0.0/0"],
    ["denylist-source-range", "0.0.0.0/0,::/0"],
    ["denylist-source-range", "192.0.2.0/24"],
    ["block-cidrs", "192.0.2.0/24"],
    ["block-user-agents", "~*bot"],
    ["block-referers", "spam.example.com"],
    ["global-auth-url", "https://auth.example.com"],
    ["enable-modsecurity", "true"],
    ["block-cidr", "192.0.2.0/24"],
    ["global-auth-ulr", "https://auth.example.com"],
  ])("%s closes every route and says that traffic is not protected", (key, value) => {
    const { settings, problems } = readConfigMap({ [key]: value });
    expect(problems).toMatchObject([{ severity: "error", field: `data[${key}]`, effect: "closed" }]);
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, closedReason: `ConfigMap key ${problems[0]?.message}` });
  });

  it.each([
    ["annotation-value-word-blocklist", "root\u0000"],
    ["annotation-value-word-blocklist", "x".repeat(70_000)],
    ["proxy-real-ip-cidr", "10.0.0.0/8\u0007"],
  ])("%s that cannot be read at all closes every route, rather than to let its default apply", (key, value) => {
    const { settings, problems } = readConfigMap({ [key]: value });
    expect(problems).toMatchObject([{ severity: "error", effect: "closed" }]);
    expect(settings.closedReason).toContain(key);
  });

  it.each([
    ["whitelist-source-range", ""],
    ["whitelist-source-range", "0.0.0.0/0,::/0"],
    ["global-auth-url", " "],
    ["enable-modsecurity", "false"],
  ])("%s: %j asks for nothing", (key, value) => {
    expect(readConfigMap({ [key]: value })).toEqual({ settings: DEFAULT_SETTINGS, problems: [] });
  });
});
