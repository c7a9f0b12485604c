import { printable } from "../lib/printable.ts";
import type { AttemptFailure, UpstreamAttempt } from "./finished-exchange.ts";
import { reasonOf } from "./reasons.ts";
import type { Timeouts } from "./forward.ts";
import type { Route } from "./route.ts";
import type { HostId } from "./virtual-host.ts";

/** What the words of a reason are made of. */
export interface ReasonFacts {
  readonly errorCode: string;
  readonly errorDetail: string;
  readonly route: Route | null;
  readonly virtualHost: { readonly id: HostId; readonly isDefault: boolean } | null;
  readonly host: string;
  readonly path: string;
  readonly attempts: readonly UpstreamAttempt[];
}

/**
 * Why the proxy answered by itself, in one clause, with all that is known: which endpoint, which limit, which annotation changes it. Holds
 * text of clients: not escaped.
 */
export function describeReason(facts: ReasonFacts): string {
  const words = TELLERS[facts.errorCode]?.(facts);
  if (words !== undefined && words !== null) return words;
  const { means } = reasonOf(facts.errorCode);
  // The wire's own words for a fault are codes again.
  return facts.errorDetail === "" ? means : `${means}: ${reasonOf(facts.errorDetail).means}`;
}

type Teller = (facts: ReasonFacts) => string | null;

/** Codes of which more can be told than their table says. */
const TELLERS: Readonly<Record<string, Teller>> = {
  "no-route": ({ host, path, virtualHost }) => {
    if (host === "") return "the request names no host, and no Ingress without host serves its path";
    return virtualHost === null || virtualHost.isDefault
      ? `no Ingress has the host ${host}`
      : `no path of the host ${virtualHost.id} matches ${printable(path)}`;
  },
  "no-endpoints": ({ route, errorDetail }) => {
    const service = route?.service;
    const name =
      service === undefined || service.name === "" ? "" : `${service.namespace}/${service.name}:${service.port}`;
    return errorDetail === "" ? null : `${name === "" ? "" : `Service ${name}: `}${errorDetail}`;
  },
  "route-closed": ({ route }) =>
    route?.action.kind === "closed" ? `the route is closed: ${route.action.reason}` : null,
  "body-too-large": ({ route }) => {
    const limit = route?.filters.bodyLimit;
    return limit === undefined
      ? null
      : `the request body is larger than ${limit.maxBytes} bytes: proxy-body-size sets the limit`;
  },
  "client-closed": ({ attempts }) => {
    const last = attempts.at(-1);
    return last === undefined ? null : `the client went away before the answer of ${last.address}`;
  },
  "rate-limited": ({ route }) => limitWords(route, "requestsPerSecond", "requestsPerMinute"),
  "connections-limited": ({ route }) => limitWords(route, "connections"),
  "connect-failed": tellFailure,
  timeout: tellFailure,
  reset: tellFailure,
  malformed: tellFailure,
  truncated: (facts) => {
    const last = facts.attempts.at(-1);
    return last === undefined
      ? null
      : `the answer of ${last.address} broke off in the middle${inBrackets(last.failureDetail)}`;
  },
};

const LIMIT_KEYS = {
  requestsPerSecond: "limit-rps",
  requestsPerMinute: "limit-rpm",
  connections: "limit-connections",
} as const;

function limitWords(route: Route | null, ...kinds: readonly (keyof typeof LIMIT_KEYS)[]): string | null {
  const limits = route?.filters.limits ?? null;
  if (limits === null) return null;
  const set = kinds.flatMap((kind) => {
    const limit = limits[kind];
    if (limit === null || limit === 0) return [];
    return `${LIMIT_KEYS[kind]} ${typeof limit === "number" ? limit : limit.rate}`;
  });
  return `the client is over ${set.join(" or ")} of ${limits.zone}`;
}

function tellFailure({ attempts, route }: ReasonFacts): string | null {
  const last = attempts.at(-1);
  if (last === undefined || last.failure === null) return null;
  return FAILURE_WORDS[last.failure](last, route);
}

const SPEAKS_NO_TLS = "the endpoint speaks no TLS: set backend-protocol to HTTP";

/** `errno` of the system or of the TLS engine, by what it means here. */
const CAUSES: ReadonlyMap<string, string> = new Map([
  ["EHOSTUNREACH", "there is no way to the Pod's address"],
  ["ENETUNREACH", "there is no way to the Pod's network"],
  ["EMFILE", "this process has no file descriptor left"],
  ["ENFILE", "this machine has no file descriptor left"],
  ["EADDRNOTAVAIL", "this machine has no free port left for connections to it"],
  ["EACCES", "the system forbids it"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", SPEAKS_NO_TLS],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", SPEAKS_NO_TLS],
  ["ERR_SSL_HTTP_REQUEST", SPEAKS_NO_TLS],
  ["closed before the first SETTINGS", "it speaks no HTTP/2, which backend-protocol GRPC needs"],
  ["ERR_HTTP2_ERROR", "it speaks no HTTP/2, which backend-protocol GRPC needs"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is self-signed"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its certificate is of an authority that is not trusted"],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "it speaks no TLS version from 1.2 on"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "it speaks no TLS version from 1.2 on"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "it wants a client certificate"],
]);

/** Said by the wire where an answer begins with a TLS record. */
export const SPEAKS_TLS = "a TLS record";

type FailureTeller = (attempt: UpstreamAttempt, route: Route | null) => string;

const FAILURE_WORDS: Readonly<Record<AttemptFailure, FailureTeller>> = {
  "connect-refused": ({ address }) => `nothing listens on ${address}`,
  "connect-timeout": ({ address }, route) =>
    `${address} took no connection within ${timeoutsOf(route)?.connectMs ?? 0} ms: proxy-connect-timeout sets the limit`,
  "connect-failed": ({ address, failureDetail }) => `${address} could not be connected to${causeOf(failureDetail)}`,
  "no-descriptors": ({ address }) =>
    `no descriptor was left for a connection to ${address}: raise the process' limit of open files`,
  "stream-refused": ({ address, failureDetail }) =>
    `${address} takes no more requests on its connection${inBrackets(failureDetail)}`,
  "tls-failed": ({ address, failureDetail }) => `no TLS with ${address}${causeOf(failureDetail)}`,
  reset: (attempt, route) =>
    `${attempt.address} reset the connection before it had answered${inBrackets(attempt.failureDetail)}${maybeTls(attempt, route)}`,
  closed: (attempt, route) =>
    `${attempt.address} gave no whole answer${causeOf(attempt.failureDetail)}${maybeTls(attempt, route)}`,
  malformed: ({ address, failureDetail }) =>
    failureDetail === SPEAKS_TLS
      ? `the endpoint ${address} speaks TLS: set backend-protocol to HTTPS`
      : `the answer of ${address} is no HTTP that can be read${causeOf(failureDetail)}`,
  "too-large": ({ address }) => `the head of the answer of ${address} is too large: proxy-buffer-size sets the limit`,
  "send-timeout": ({ address }, route) =>
    `${address} took nothing for ${timeoutsOf(route)?.sendMs ?? 0} ms: proxy-send-timeout sets the limit`,
  "read-timeout": ({ address }, route) =>
    `${address} sent nothing for ${timeoutsOf(route)?.readMs ?? 0} ms: proxy-read-timeout sets the limit`,
  aborted: ({ address }) => `the connection to ${address} was given up`,
};

function timeoutsOf(route: Route | null): Timeouts | null {
  return route?.action.kind === "forward" ? route.action.timeouts : null;
}

/** Servers with OpenSSL close without a word when they are not greeted with a ClientHello: that it was so cannot be seen from here. */
function maybeTls({ status }: UpstreamAttempt, route: Route | null): string {
  const plain = route?.action.kind === "forward" && route.action.backends[0]?.transport.protocol === "http";
  return plain && status === 0 ? "; if it speaks TLS there, set backend-protocol to HTTPS" : "";
}

function causeOf(detail: string): string {
  if (detail === "") return "";
  return `: ${CAUSES.get(detail) ?? detail}`;
}

function inBrackets(detail: string): string {
  return detail === "" ? "" : ` (${detail})`;
}
