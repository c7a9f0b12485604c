import type { ClientFacts, Fields, FinishedExchange, UpstreamAttempt } from "../../../src/model/finished-exchange.ts";
import type { ObserverSlot } from "../../../src/model/observer-slot.ts";
import type { Route } from "../../../src/model/route.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import { buildForward } from "./route-builder.ts";

const SERVICE = { namespace: "shop", name: "web", port: "80" };

/** A route of Ingress shop/web on path `/`, to Service web:80. */
export function aRoute(overrides: Partial<Route> = {}): Route {
  return {
    id: "shop/web:shop.example.com:prefix:/",
    pathType: "prefix",
    path: "/",
    implicit: false,
    source: { kind: "Ingress", namespace: "shop", name: "web" },
    service: SERVICE,
    action: buildForward("shop-web-80", { service: SERVICE }),
    filters: {
      tlsRedirect: { whenCertificate: true, always: false, preserveTrailingSlash: false },
      bodyLimit: { maxBytes: DEFAULT_SETTINGS.translation.bodyLimitBytes },
    },
    ...overrides,
  };
}

/** An attempt at 10.0.0.1:8080 that answered 200. */
export function anAttempt(overrides: Partial<UpstreamAttempt> = {}): UpstreamAttempt {
  return {
    address: "10.0.0.1:8080",
    failure: null,
    failureDetail: "",
    status: 200,
    connectMs: 1,
    headerMs: 7,
    durationMs: 8,
    responseBytes: 512,
    ...overrides,
  };
}

/** Header fields by lower-case name. */
export function fields(values: Readonly<Record<string, string>>): Fields {
  return { getAll: (name) => (values[name] === undefined ? [] : [values[name]]) };
}

const PLAIN_CLIENT: ClientFacts = {
  id: 3,
  listener: { id: "http" },
  remoteAddress: "192.0.2.7",
  remotePort: 50_000,
  localPort: 80,
  tls: null,
};

/** A connection with TLS 1.3 to shop.example.com. */
export function overTls(): ClientFacts {
  const tls = { serverName: "shop.example.com", protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" };
  return { ...PLAIN_CLIENT, listener: { id: "https" }, localPort: 443, tls };
}

/** Of a route that nothing is known of yet. */
export function newRouteMemo(): ObserverSlot {
  return { observed: null, lastCell: null, lastCellStart: 0, lastCellKey: 0 };
}

/** A plain `GET /` to shop.example.com that was answered 200 in 12 ms. */
export function anExchange(overrides: Partial<FinishedExchange> = {}): FinishedExchange {
  return {
    route: null,
    routeMemo: null,
    virtualHost: { id: "shop.example.com", isDefault: false },
    method: "GET",
    authority: "shop.example.com",
    host: "shop.example.com",
    target: "/",
    requestLine: "",
    path: "/",
    httpVersion: "1.1",
    client: PLAIN_CLIENT,
    publicScheme: "http",
    publicAuthority: "shop.example.com",
    clientAddress: "192.0.2.7",
    requestId: "0123456789abcdef0123456789abcdef",
    requestHeaders: fields({ "user-agent": "curl/8.5.0" }),
    responseHeaders: null,
    upstreamHeaders: null,
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
    errorDetail: "",
    ...overrides,
  };
}
