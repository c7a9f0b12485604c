import type { FinishedExchange, UpstreamAttempt } from "../../src/model/finished-exchange.ts";
import type { Route } from "../../src/model/route.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";

/** A route of Ingress shop/web on path `/`, to Service web:80. */
export function aRoute(overrides: Partial<Route> = {}): Route {
  const { timeouts, retry, bodyLimitBytes } = DEFAULT_SETTINGS;
  return {
    id: "shop/web:shop.example.com:prefix:/",
    pathType: "prefix",
    path: "/",
    implicit: false,
    source: { kind: "Ingress", namespace: "shop", name: "web" },
    service: { namespace: "shop", name: "web", port: "80" },
    action: { kind: "forward", upstream: "shop-web-80", protocol: "http" },
    filters: {
      tlsRedirect: { whenCertificate: true, always: false, preserveTrailingSlash: false },
      rewrite: null,
      limits: null,
      canary: null,
      affinity: null,
      timeouts,
      retry,
      bodyLimitBytes,
      upstreamHost: null,
      forwardedPrefix: null,
    },
    ...overrides,
  };
}

/** An attempt at 10.0.0.1:8080 that answered 200. */
export function anAttempt(overrides: Partial<UpstreamAttempt> = {}): UpstreamAttempt {
  return {
    address: "10.0.0.1:8080",
    status: 200,
    connectMs: 1,
    headerMs: 7,
    durationMs: 8,
    responseBytes: 512,
    ...overrides,
  };
}

/** A plain `GET /` to shop.example.com that was answered 200 in 12 ms. */
export function anExchange(overrides: Partial<FinishedExchange> = {}): FinishedExchange {
  return {
    route: null,
    virtualHost: "shop.example.com",
    knownHost: true,
    method: "GET",
    host: "shop.example.com",
    target: "/",
    httpVersion: "1.1",
    tls: false,
    clientAddress: "192.0.2.7",
    requestId: "0123456789abcdef0123456789abcdef",
    userAgent: "curl/8.5.0",
    referer: "",
    status: 200,
    startedAtMs: Date.UTC(2026, 10, 21, 9, 8, 7),
    durationMs: 12,
    requestBytes: 90,
    responseBodyBytes: 512,
    responseBytes: 700,
    attempts: [anAttempt()],
    upstream: "shop-web-80",
    alternativeUpstream: "",
    errorCode: "",
    ...overrides,
  };
}
