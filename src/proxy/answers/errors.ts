import type { ReasonCode } from "../../model/reasons.ts";

/** Bad traffic, or a fault of an upstream, as a value: what the client is told and what logs and metrics call it. */
export interface ProxyError {
  /** Stable, lower-case, dashed. */
  readonly code: string;
  readonly status: number;
}

/** Every error the proxy itself decides on. Upstream failures bring their own code with them. */
export const ERRORS = {
  /** No configuration has been applied yet: never 404, which callers would believe. */
  notReady: { code: "not-ready", status: 503 },
  badAuthority: { code: "bad-authority", status: 400 },
  /** Another reading of the path leads to a route that is guarded in another way. */
  ambiguousPath: { code: "ambiguous-path", status: 400 },
  /** The path can be read in more ways than are looked at, on a host where some routes are guarded. */
  tooManyReadings: { code: "too-many-readings", status: 400 },
  /** The host is none of those that the socket is for. */
  noListener: { code: "no-listener", status: 404 },
  /** The connection was made for another listener than the one that the request is for (RFC 9110 §15.5.20). */
  misdirected: { code: "misdirected-request", status: 421 },
  noRoute: { code: "no-route", status: 404 },
  routeClosed: { code: "route-closed", status: 503 },
  /** What the host's patterns would take to tell the route, or what to forward, is more than one request may cost. */
  patternBudget: { code: "pattern-budget", status: 503 },
  bodyTooLarge: { code: "body-too-large", status: 413 },
  /** The backend that the request falls to leads nowhere. */
  unresolvedBackend: { code: "unresolved-backend", status: 500 },
  noEndpoints: { code: "no-endpoints", status: 503 },
  /** The client went away before an answer; only logs and metrics see the status. */
  clientClosed: { code: "client-closed", status: 499 },
  /** We closed the connection ourselves before an answer: the grace period of a shutdown was over. */
  connectionCut: { code: "connection-cut", status: 499 },
  /** The client broke the protocol inside its body. */
  clientMalformed: { code: "client-malformed", status: 400 },
  clientTimeout: { code: "client-timeout", status: 408 },
  internal: { code: "internal", status: 500 },
} as const satisfies Record<string, ProxyError & { readonly code: ReasonCode }>;

/** Texts of the built-in pages. Where ingress-nginx's differ from the RFC's reason phrases, scripts grep for ingress-nginx's. */
const STATUS_TEXTS: ReadonlyMap<number, string> = new Map([
  [301, "Moved Permanently"],
  [302, "Found"],
  [307, "Temporary Redirect"],
  [308, "Permanent Redirect"],
  [400, "Bad Request"],
  [401, "Authorization Required"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Not Allowed"],
  [408, "Request Time-out"],
  [413, "Request Entity Too Large"],
  [414, "Request-URI Too Large"],
  [421, "Misdirected Request"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [502, "Bad Gateway"],
  [503, "Service Temporarily Unavailable"],
  [504, "Gateway Time-out"],
]);

/** `503 Service Temporarily Unavailable`; the bare number where there is no text. */
export function statusLine(status: number): string {
  const text = STATUS_TEXTS.get(status);
  return text === undefined ? String(status) : `${status} ${text}`;
}
