import { describe, expect, it } from "vitest";
import type { IngressPolicy } from "../../../src/annotations/annotations.ts";
import { fieldOf, PLAIN_POLICY, readAnnotations } from "../../support/builders/read-annotations.ts";

type Part = Partial<IngressPolicy>;
const tls = PLAIN_POLICY.tlsRedirect;
const { rewrite, timeouts, retry } = PLAIN_POLICY;

/** Annotation, value, and what the policy then says differently from a plain one. */
const VALID: readonly (readonly [name: string, value: string, expected: Part])[] = [
  ["rewrite-target", "/$2", { rewrite: { ...rewrite, target: "/$2" } }],
  ["rewrite-target", "  /a/$1  ", { rewrite: { ...rewrite, target: "/a/$1" } }],
  ["rewrite-target", "$1", { rewrite: { ...rewrite, target: "$1" } }],
  ["use-regex", "true", { useRegex: true }],
  ["use-regex", "T", { useRegex: true }],
  ["use-regex", "0", { useRegex: false }],
  ["app-root", "/app/start.html", { appRoot: "/app/start.html" }],
  ["upstream-vhost", "inner.example.com", { upstreamVhost: "inner.example.com" }],
  ["upstream-vhost", "inner.example.com:8080", { upstreamVhost: "inner.example.com:8080" }],
  ["service-upstream", "true", { serviceUpstream: true }],
  ["backend-protocol", "HTTPS", { backendProtocol: "https" }],
  ["backend-protocol", " https ", { backendProtocol: "https" }],
  ["backend-protocol", "HTTP", {}],
  ["backend-protocol", "GRPC", { backendProtocol: "grpc" }],
  ["backend-protocol", "grpcs", { backendProtocol: "grpcs" }],
  ["backend-protocol", "AUTO_HTTP", { backendProtocol: "auto" }],
  ["load-balance", "ewma", { loadBalance: "ewma" }],
  ["load-balance", "round_robin", {}],
  ["ssl-redirect", "false", { tlsRedirect: { ...tls, whenCertificate: false } }],
  ["force-ssl-redirect", "true", { tlsRedirect: { ...tls, always: true } }],
  ["preserve-trailing-slash", "True", { tlsRedirect: { ...tls, preserveTrailingSlash: true } }],
  ["proxy-connect-timeout", "10", { timeouts: { ...timeouts, connectMs: 10_000 } }],
  ["proxy-send-timeout", "3600", { timeouts: { ...timeouts, sendMs: 3_600_000 } }],
  ["proxy-read-timeout", "+90", { timeouts: { ...timeouts, readMs: 90_000 } }],
  ["proxy-read-timeout", "3600000000", { timeouts: { ...timeouts, readMs: 2_147_483_647 } }],
  ["proxy-body-size", "0", { bodyLimit: null }],
  ["proxy-body-size", "100", { bodyLimit: { maxBytes: 100 } }],
  ["proxy-body-size", "8k", { bodyLimit: { maxBytes: 8192 } }],
  ["proxy-body-size", " 20M ", { bodyLimit: { maxBytes: 20_971_520 } }],
  ["proxy-body-size", "2g", { bodyLimit: { maxBytes: 2_147_483_648 } }],
  ["proxy-buffer-size", "128k", { responseHeadBytes: 131_072 }],
  ["proxy-buffer-size", "8k", { responseHeadBytes: 65_536 }],
  ["proxy-buffer-size", "1g", { responseHeadBytes: 1_048_576 }],
  ["proxy-next-upstream", "off", { retry: { ...retry, onError: false, onTimeout: false } }],
  ["proxy-next-upstream", "error off timeout", { retry: { ...retry, onError: false, onTimeout: false } }],
  [
    "proxy-next-upstream",
    "http_502  http_429",
    { retry: { ...retry, onError: false, onTimeout: false, onStatuses: [502, 429] } },
  ],
  ["proxy-next-upstream", "error timeout non_idempotent", { retry: { ...retry, nonIdempotent: true } }],
  ["proxy-next-upstream", "error timeout invalid_header", { retry: { ...retry, onInvalidHeader: true } }],
  ["proxy-next-upstream-timeout", "7", { retry: { ...retry, timeoutMs: 7000 } }],
  ["proxy-next-upstream-tries", "1", { retry: { ...retry, tries: 1 } }],
  ["proxy-next-upstream-tries", "0", { retry: { ...retry, tries: 20 } }],
  ["proxy-next-upstream-tries", "1000", { retry: { ...retry, tries: 20 } }],
];

/** Annotation and value whose only effect is a problem. */
const INVALID: readonly (readonly [name: string, value: string])[] = [
  ["rewrite-target", "/$host"],
  ["rewrite-target", "/$"],
  ["rewrite-target", "/$0"],
  ["rewrite-target", "/a?b=c"],
  ["rewrite-target", "/a b"],
  ["rewrite-target", "/a;return 200"],
  ["rewrite-target", "https://evil.example.com/$1"],
  ["rewrite-target", "/a\r\nX-Injected: 1"],
  ["use-regex", "yes"],
  ["use-regex", " true"],
  ["use-regex", ""],
  ["app-root", "app"],
  ["app-root", "//evil.example.com"],
  ["app-root", "/$host"],
  ["app-root", "https://evil.example.com/"],
  ["upstream-vhost", "$service_name.svc"],
  ["upstream-vhost", "a\nb"],
  ["upstream-vhost", "a b"],
  ["service-upstream", "on"],
  ["backend-protocol", "SPDY"],
  ["load-balance", "random"],
  ["ssl-redirect", "no"],
  ["force-ssl-redirect", "enabled"],
  ["preserve-trailing-slash", "2"],
  ["proxy-connect-timeout", "5s"],
  ["proxy-connect-timeout", "0"],
  ["proxy-send-timeout", "-1"],
  ["proxy-read-timeout", "1.5"],
  ["proxy-read-timeout", " 60"],
  ["proxy-body-size", "1b"],
  ["proxy-body-size", "-1"],
  ["proxy-body-size", "1 m"],
  ["proxy-body-size", "999999999999999g"],
  ["proxy-next-upstream", "error http_418"],
  ["proxy-next-upstream-timeout", "-1"],
  ["proxy-next-upstream-tries", "three"],
  ["proxy-next-upstream-tries", "-1"],
  ["affinity", "ip"],
];

describe("a valid annotation", () => {
  it.each(VALID)("%s: %j changes its part of the policy and nothing else", (name, value, expected) => {
    expect(readAnnotations({ [name]: value })).toEqual({ policy: { ...PLAIN_POLICY, ...expected }, problems: [] });
  });

  it.each(["rewrite-target", "app-root", "proxy-body-size", "backend-protocol", "limit-allowlist", "affinity"])(
    "%s counts as absent when blank",
    (name) => {
      expect(readAnnotations({ [name]: " \n " })).toEqual({ policy: PLAIN_POLICY, problems: [] });
    },
  );
});

describe("an invalid value of an annotation that protects nothing", () => {
  it.each(INVALID)("%s: %j keeps the default and gives one problem that names the key", (name, value) => {
    const { policy, problems } = readAnnotations({ [name]: value });
    expect(policy).toEqual(PLAIN_POLICY);
    expect(problems).toMatchObject([
      { severity: "error", reason: "AnnotationParsingFailed", field: fieldOf(name), effect: "ignored" },
    ]);
    expect(problems[0]?.message).toMatch(/; the default applies$/);
  });

  it("is cut and escaped where the problem quotes it (HD-14)", () => {
    const { problems } = readAnnotations({ "rewrite-target": `\u001b[31m\r\n${"x".repeat(100_000)}` });
    expect(problems[0]?.value).toMatch(/^\\x1b\[31m\\x0d\\x0ax+… \(\d+ characters\)$/);
    expect(problems[0]?.value.length).toBeLessThan(300);
  });

  it("is refused above 16 KiB", () => {
    const { policy, problems } = readAnnotations({ "rewrite-target": `/${"x".repeat(16_384)}` });
    expect(policy.rewrite.target).toBeNull();
    expect(problems[0]?.message).toContain("longer than 16384 characters");
  });

  it("keeps the ConfigMap's default, where that has one", () => {
    const settings = { sslRedirect: false, bodyLimitBytes: 5, loadBalance: "ewma", serviceUpstream: true } as const;
    const { policy } = readAnnotations(
      { "ssl-redirect": "x", "proxy-body-size": "x", "load-balance": "x", "service-upstream": "x" },
      settings,
    );
    expect(policy.tlsRedirect.whenCertificate).toBe(false);
    expect(policy).toMatchObject({ bodyLimit: { maxBytes: 5 }, loadBalance: "ewma", serviceUpstream: true });
  });
});

describe("x-forwarded-prefix", () => {
  it("is kept beside a rewrite", () => {
    const { policy, problems } = readAnnotations({ "rewrite-target": "/$2", "x-forwarded-prefix": "/$1" });
    expect(policy.rewrite.forwardedPrefix).toBe("/$1");
    expect(problems).toEqual([]);
  });

  it("has no effect without one, and says so", () => {
    const { policy, problems } = readAnnotations({ "x-forwarded-prefix": "/a" });
    expect(policy.rewrite.forwardedPrefix).toBeNull();
    expect(problems).toMatchObject([{ severity: "warning", field: fieldOf("x-forwarded-prefix"), effect: "ignored" }]);
  });
});

describe("load-balance", () => {
  it.each(["chash", "chashsubset", "sticky_balanced", "sticky_persistent"])("%s counts as round robin", (value) => {
    const { policy, problems } = readAnnotations({ "load-balance": value }, { loadBalance: "ewma" });
    expect(policy.loadBalance).toBe("round-robin");
    expect(problems).toMatchObject([{ severity: "warning", effect: "none" }]);
  });
});

describe("proxy-next-upstream", () => {
  it("drops the ConfigMap's own conditions but keeps retry-non-idempotent", () => {
    const settings = {
      retry: { ...retry, onInvalidHeader: true, onStatuses: [503], nonIdempotent: true },
      retryNonIdempotent: true,
    };
    expect(readAnnotations({ "proxy-next-upstream": "error" }, settings).policy.retry).toEqual({
      ...retry,
      onTimeout: false,
      nonIdempotent: true,
    });
  });

  it("forgets a non_idempotent that only the ConfigMap's list named", () => {
    const settings = { retry: { ...retry, nonIdempotent: true } };
    expect(readAnnotations({ "proxy-next-upstream": "error" }, settings).policy.retry.nonIdempotent).toBe(false);
  });
});
