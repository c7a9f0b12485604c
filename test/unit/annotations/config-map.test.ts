import { describe, expect, it } from "vitest";
import { CONFIG_KEYS } from "../../../src/annotations/annotations.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../src/model/settings.ts";
import { readConfigMap } from "../../support/builders/read-annotations.ts";

const { timeouts, retry, gzip, brotli } = DEFAULT_SETTINGS.translation;
const { upstreamKeepalive } = DEFAULT_SETTINGS.dataPlane;
const hsts = { maxAgeSeconds: 31_536_000, includeSubdomains: true, preload: false };

const { accessLog } = DEFAULT_SETTINGS.log;

type Changes = { readonly [S in keyof Settings]?: Partial<Settings[S]> };

/** The defaults but for these changes. */
function changed({ translation, dataPlane, log, process }: Changes): Settings {
  return {
    translation: { ...DEFAULT_SETTINGS.translation, ...translation },
    dataPlane: { ...DEFAULT_SETTINGS.dataPlane, ...dataPlane },
    log: { ...DEFAULT_SETTINGS.log, ...log },
    process: { ...DEFAULT_SETTINGS.process, ...process },
  };
}

const VALID: readonly (readonly [key: string, value: string, expected: Changes])[] = [
  ["proxy-body-size", "10m", { translation: { bodyLimitBytes: 10_485_760 } }],
  ["proxy-body-size", "0", { translation: { bodyLimitBytes: 0 } }],
  ["proxy-buffer-size", "16k", { translation: { responseHeadBytes: 65_536 } }],
  ["proxy-buffer-size", "256K", { translation: { responseHeadBytes: 262_144 } }],
  [
    "custom-http-errors",
    "503, 404,200,x,404",
    { translation: { errorPages: { statuses: [404, 503], keepsUpstreams: false } } },
  ],
  ["disable-proxy-intercept-errors", "true", { translation: { errorPages: { statuses: [], keepsUpstreams: true } } }],
  ["limit-rate", "100", { translation: { pace: { bytesPerSecond: 102_400, freeBytes: 0 } } }],
  ["limit-rate-after", "5", { translation: { pace: { bytesPerSecond: 0, freeBytes: 5120 } } }],
  ["use-gzip", "true", { translation: { gzip: { ...gzip, enabled: true } } }],
  ["gzip-level", "9", { translation: { gzip: { ...gzip, level: 9 } } }],
  ["gzip-min-length", "0", { translation: { gzip: { ...gzip, minLengthBytes: 0 } } }],
  ["gzip-types", "*", { translation: { gzip: { ...gzip, types: "any" } } }],
  [
    "gzip-types",
    "Text/CSS  text/css\n text/plain",
    { translation: { gzip: { ...gzip, types: ["text/css", "text/plain"] } } },
  ],
  ["enable-brotli", "true", { translation: { brotli: { ...brotli, enabled: true } } }],
  ["brotli-level", "0", { translation: { brotli: { ...brotli, level: 0 } } }],
  ["brotli-min-length", "7", { translation: { brotli: { ...brotli, minLengthBytes: 7 } } }],
  ["brotli-types", "application/json", { translation: { brotli: { ...brotli, types: ["application/json"] } } }],
  ["proxy-connect-timeout", "7", { translation: { timeouts: { ...timeouts, connectMs: 7000 } } }],
  ["proxy-read-timeout", " 120 ", { translation: { timeouts: { ...timeouts, readMs: 120_000 } } }],
  ["proxy-send-timeout", "120", { translation: { timeouts: { ...timeouts, sendMs: 120_000 } } }],
  [
    "proxy-next-upstream",
    "error http_503",
    { translation: { retry: { ...retry, onTimeout: false, onStatuses: [503] } } },
  ],
  ["proxy-next-upstream-timeout", "9", { translation: { retry: { ...retry, timeoutMs: 9000 } } }],
  ["proxy-next-upstream-tries", "5", { translation: { retry: { ...retry, tries: 5 } } }],
  [
    "retry-non-idempotent",
    "true",
    { translation: { retryNonIdempotent: true, retry: { ...retry, nonIdempotent: true } } },
  ],
  ["worker-processes", "4", { process: { workerProcesses: 4 } }],
  ["worker-processes", "auto", {}],
  ["hide-headers", "X-Powered-By, Server,\n X-Powered-By", { dataPlane: { hideHeaders: ["x-powered-by", "server"] } }],
  [
    "log-format-upstream",
    "$status",
    { log: { accessLog: { ...accessLog, format: [{ kind: "variable", name: "status" }] } } },
  ],
  ["log-format-escape-json", "true", { log: { accessLog: { ...accessLog, escape: "json" } } }],
  ["log-format-escape-none", "true", { log: { accessLog: { ...accessLog, escape: "none" } } }],
  ["access-log-path", "/dev/stderr", { log: { accessLog: { ...accessLog, target: "stderr" } } }],
  ["http-access-log-path", "off", { log: { accessLog: { ...accessLog, target: "off" } } }],
  ["disable-access-log", "true", { log: { accessLog: { ...accessLog, target: "off" } } }],
  ["disable-http-access-log", "true", { log: { accessLog: { ...accessLog, target: "off" } } }],
  ["enable-access-log-for-default-backend", "true", { log: { accessLog: { ...accessLog, defaultBackend: true } } }],
  ["skip-access-log-urls", "/a", { log: { accessLog: { ...accessLog, skip: [{ kind: "target", target: "/a" }] } } }],
  ["global-allowed-response-headers", "X-A, X-B", { translation: { allowedResponseHeaders: ["X-A", "X-B"] } }],
  ["error-log-level", "error", { log: { errorLogLevel: "error" } }],
  ["client-body-timeout", "5", { dataPlane: { clientBodyTimeoutMs: 5000 } }],
  ["client-header-timeout", "5", { dataPlane: { clientHeaderTimeoutMs: 5000 } }],
  ["service-upstream", "true", { translation: { serviceUpstream: true } }],
  ["load-balance", "ewma", { translation: { loadBalance: "ewma" } }],
  ["limit-req-status-code", "429", { dataPlane: { limitReqStatusCode: 429 } }],
  ["limit-conn-status-code", "429", { dataPlane: { limitConnStatusCode: 429 } }],
  [
    "upstream-keepalive-connections",
    "0",
    { dataPlane: { upstreamKeepalive: { ...upstreamKeepalive, connections: 0 } } },
  ],
  [
    "upstream-keepalive-timeout",
    "10",
    { dataPlane: { upstreamKeepalive: { ...upstreamKeepalive, timeoutMs: 10_000, http2TimeoutMs: 10_000 } } },
  ],
  ["upstream-keepalive-requests", "100", { dataPlane: { upstreamKeepalive: { ...upstreamKeepalive, requests: 100 } } }],
  ["preserve-trailing-slash", "true", { translation: { preserveTrailingSlash: true } }],
  ["relative-redirects", "true", { dataPlane: { relativeRedirects: true } }],
  ["use-forwarded-headers", "true", { dataPlane: { useForwardedHeaders: true } }],
  ["enable-real-ip", "1", { dataPlane: { enableRealIp: true } }],
  ["proxy-real-ip-cidr", "10.1.0.0/8, 192.0.2.7", { dataPlane: { proxyRealIpCidrs: ["10.0.0.0/8", "192.0.2.7/32"] } }],
  ["proxy-real-ip-cidr", "", {}],
  ["forwarded-for-header", "CF-Connecting-IP", { dataPlane: { forwardedForHeader: "CF-Connecting-IP" } }],
  ["compute-full-forwarded-for", "true", { dataPlane: { computeFullForwardedFor: true } }],
  ["generate-request-id", "false", { dataPlane: { generateRequestId: false } }],
  ["ssl-redirect", "false", { translation: { sslRedirect: false } }],
  ["ssl-redirect", "", { translation: { sslRedirect: false } }],
  ["force-ssl-redirect", "true", { translation: { forceSslRedirect: true } }],
  ["http-redirect-code", "301", { dataPlane: { httpRedirectCode: 301 } }],
  ["annotations-risk-level", "Medium", { translation: { annotationsRiskLevel: "medium" } }],
  ["annotations-risk-level", "CRITICAL", { translation: { annotationsRiskLevel: "critical" } }],
  [
    "annotation-value-word-blocklist",
    "_by_lua, load_module",
    { translation: { annotationWordBlocklist: ["_by_lua", "load_module"] } },
  ],
  ["strict-validate-path-type", "false", { translation: { strictPathTypes: false } }],
  ["no-tls-redirect-locations", "/a, /b", { translation: { noTlsRedirectLocations: ["/a", "/b"] } }],
  ["no-tls-redirect-locations", "", { translation: { noTlsRedirectLocations: [] } }],
  ["hsts", "false", { dataPlane: { hsts: null } }],
  ["hsts-max-age", "60", { dataPlane: { hsts: { ...hsts, maxAgeSeconds: 60 } } }],
  ["hsts-include-subdomains", "false", { dataPlane: { hsts: { ...hsts, includeSubdomains: false } } }],
  ["hsts-preload", "true", { dataPlane: { hsts: { ...hsts, preload: true } } }],
  ["use-http2", "false", { dataPlane: { useHttp2: false } }],
  ["http2-max-concurrent-streams", "32", { dataPlane: { http2MaxConcurrentStreams: 32 } }],
  ["keep-alive", "0", { dataPlane: { keepAliveSeconds: 0 } }],
  ["keep-alive", "", { dataPlane: { keepAliveSeconds: 0 } }],
  ["keep-alive-requests", "10", { dataPlane: { keepAliveRequests: 10 } }],
];

const INVALID: readonly (readonly [key: string, value: string])[] = [
  ["proxy-body-size", "big"],
  ["limit-rate", "fast"],
  ["use-gzip", "on"],
  ["gzip-level", "0"],
  ["gzip-level", "10"],
  ["gzip-min-length", "-1"],
  ["gzip-types", "text/css;charset=utf-8"],
  ["gzip-types", "text/*"],
  ["brotli-level", "12"],
  ["brotli-types", ""],
  ["limit-rate-after", "-1"],
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
    expect(readConfigMap({ [key]: value })).toEqual({ settings: changed(expected), problems: [] });
  });

  it.each(INVALID)("%s: %j costs its own default only, and is named", (key, value) => {
    const { settings, problems } = readConfigMap({ [key]: value, "use-http2": "false" });
    expect(settings).toEqual(changed({ dataPlane: { useHttp2: false } }));
    expect(problems).toMatchObject([{ severity: "error", field: `data[${key}]`, effect: "ignored" }]);
    expect(problems[0]?.message).toMatch(/; the default applies$/);
  });

  it("that names no risk level means the lowest, as in ingress-nginx", () => {
    const { settings, problems } = readConfigMap({ "annotations-risk-level": "Moderate" });
    expect(settings.translation.annotationsRiskLevel).toBe("low");
    expect(problems[0]?.message).toContain("expected Low, Medium, High or Critical; Low applies");
  });

  it("is covered by this table when it claims to work", () => {
    const covered = new Set(VALID.map(([key]) => key));
    expect(CONFIG_KEYS.filter(({ apply, name }) => apply !== null && !covered.has(name))).toEqual([]);
  });

  it("hsts: false wins over its details", () => {
    expect(readConfigMap({ "hsts-max-age": "60", hsts: "false" }).settings.dataPlane.hsts).toBeNull();
  });

  it("gzip-types takes 256 types and no more", () => {
    const types = Array.from({ length: 257 }, (_, i) => `a/${i}`);
    const read = (count: number) => readConfigMap({ "gzip-types": types.slice(0, count).join(" ") });
    expect(read(256).settings.translation.gzip.types).toHaveLength(256);
    expect(read(257).settings.translation.gzip).toEqual(gzip);
    expect(read(257).problems[0]?.message).toContain("at most 256");
  });

  it("retry-non-idempotent holds beside a list of conditions", () => {
    const { settings } = readConfigMap({ "retry-non-idempotent": "true", "proxy-next-upstream": "error" });
    expect(settings.translation.retry).toMatchObject({ onError: true, onTimeout: false, nonIdempotent: true });
  });
});

describe("proxy-real-ip-cidr", () => {
  it("never falls back to trusting everybody: the valid entries stay", () => {
    const { settings, problems } = readConfigMap({ "proxy-real-ip-cidr": "10.0.0.0/8,lan" });
    expect(settings.dataPlane.proxyRealIpCidrs).toEqual(["10.0.0.0/8"]);
    expect(problems[0]?.message).toContain("only the valid entries are trusted");
  });

  it("trusts nobody where no entry is valid", () => {
    expect(readConfigMap({ "proxy-real-ip-cidr": "lan" }).settings.dataPlane.proxyRealIpCidrs).toEqual([]);
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
    expect(settings).toEqual(changed({ translation: { closedReason: `ConfigMap key ${problems[0]?.message}` } }));
  });

  it.each([
    ["annotation-value-word-blocklist", "root\u0000"],
    ["annotation-value-word-blocklist", "x".repeat(70_000)],
    ["proxy-real-ip-cidr", "10.0.0.0/8\u0007"],
  ])("%s that cannot be read at all closes every route, rather than to let its default apply", (key, value) => {
    const { settings, problems } = readConfigMap({ [key]: value });
    expect(problems).toMatchObject([{ severity: "error", effect: "closed" }]);
    expect(settings.translation.closedReason).toContain(key);
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
