import type { AttemptFailure, Fields, FinishedExchange, UpstreamAttempt } from "../../model/finished-exchange.ts";
import type { LogFamily, LogVariable } from "../../model/log-format.ts";
import { DEFAULT_HOST } from "../../model/virtual-host.ts";

/** The value of a log variable for one request; null where it is unset. */
export type LogValue = (exchange: FinishedExchange) => string | null;

/** Those that are compiled by themselves. */
type SpecialVariable = "time_local" | "time_iso8601" | "msec" | "request" | "hostname" | "pid";

/** Every other variable, and whether the client had a hand in its value. */
export const LOG_VALUES: Readonly<
  Record<Exclude<LogVariable, SpecialVariable>, readonly [origin: "ours" | "client", value: LogValue]>
> = {
  args: ["client", ({ target }) => queryOf(target)],
  best_http_host: ["client", ({ publicAuthority }) => orUnset(publicAuthority)],
  body_bytes_sent: ["ours", ({ responseBodyBytes }) => String(responseBodyBytes)],
  bytes_sent: ["ours", ({ responseBytes }) => String(responseBytes)],
  connection: ["ours", ({ client }) => String(client.id)],
  content_type: ["client", ({ requestHeaders }) => joined(requestHeaders, "content-type")],
  headgate_reason: ["ours", ({ errorCode }) => orUnset(errorCode)],
  host: ["client", ({ host }) => orUnset(host)],
  http_host: ["client", ({ authority }) => orUnset(authority)],
  https: ["ours", ({ client }) => (client.tls === null ? "" : "on")],
  ingress_name: ["ours", ({ route }) => route?.source?.name ?? ""],
  is_args: ["ours", ({ target }) => (target.includes("?") ? "?" : "")],
  location_path: ["client", ({ route }) => route?.path ?? ""],
  namespace: ["ours", ({ route }) => route?.source?.namespace ?? ""],
  pass_access_scheme: ["ours", ({ publicScheme }) => orUnset(publicScheme)],
  pipe: ["ours", () => "."],
  proxy_add_x_forwarded_for: ["client", forwardedFor],
  proxy_alternative_upstream_name: ["ours", ({ alternativeUpstream }) => alternativeUpstream],
  proxy_host: ["ours", ({ upstream }) => orUnset(upstream)],
  proxy_protocol_addr: ["ours", () => null],
  proxy_protocol_port: ["ours", () => null],
  proxy_upstream_name: ["ours", upstreamName],
  query_string: ["client", ({ target }) => queryOf(target)],
  realip_remote_addr: ["ours", ({ client }) => orUnset(client.remoteAddress)],
  realip_remote_port: ["ours", ({ client }) => String(client.remotePort)],
  remote_addr: ["ours", ({ clientAddress }) => orUnset(clientAddress)],
  remote_port: ["ours", ({ client }) => String(client.remotePort)],
  remote_user: ["client", ({ requestHeaders }) => basicUser(requestHeaders)],
  req_id: ["client", ({ requestId }) => orUnset(requestId)],
  request_completion: ["ours", ({ status, errorCode }) => (status === 499 || errorCode !== "" ? "" : "OK")],
  request_id: ["client", ({ requestId }) => orUnset(requestId)],
  request_length: ["ours", ({ requestBytes }) => String(requestBytes)],
  request_method: ["client", ({ method }) => orUnset(method)],
  request_time: ["ours", ({ durationMs }) => seconds(durationMs)],
  request_uri: ["client", ({ target }) => orUnset(target)],
  scheme: ["ours", ({ client }) => (client.tls === null ? "http" : "https")],
  sent_bytes: ["ours", ({ responseBytes }) => String(responseBytes)],
  server_name: ["ours", ({ virtualHost }) => virtualHost?.id ?? DEFAULT_HOST],
  server_port: ["ours", ({ client }) => String(client.localPort)],
  server_protocol: ["ours", ({ httpVersion }) => `HTTP/${httpVersion}`],
  service_name: ["ours", ({ route }) => route?.service.name ?? ""],
  service_port: ["ours", ({ route }) => route?.service.port ?? ""],
  ssl_cipher: ["ours", ({ client }) => client.tls?.cipher ?? null],
  ssl_protocol: ["ours", ({ client }) => client.tls?.protocol ?? null],
  ssl_server_name: ["client", ({ client }) => orUnset(client.tls?.serverName ?? "")],
  status: ["ours", ({ status }) => String(status)],
  the_real_ip: ["ours", ({ clientAddress }) => orUnset(clientAddress)],
  upstream_addr: ["ours", (exchange) => each(exchange, ({ address }) => address)],
  upstream_bytes_received: ["ours", (exchange) => each(exchange, ({ responseBytes }) => String(responseBytes))],
  upstream_connect_time: ["ours", (exchange) => each(exchange, connectTime)],
  upstream_header_time: ["ours", (exchange) => each(exchange, headerTime)],
  upstream_response_length: ["ours", (exchange) => each(exchange, ({ responseBytes }) => String(responseBytes))],
  upstream_response_time: ["ours", (exchange) => each(exchange, ({ durationMs }) => seconds(durationMs))],
  upstream_status: ["ours", (exchange) => each(exchange, upstreamStatus)],
  uri: ["client", ({ path, target }) => orUnset(path === "" ? pathOf(target) : path)],
};

/** Variables whose name says which header, argument or cookie. All of them are the client's or a backend's text. */
export function memberValue(family: LogFamily, name: string): LogValue {
  switch (family) {
    case "http_":
      return name === "host" ? LOG_VALUES.http_host[1] : ({ requestHeaders }) => joined(requestHeaders, name);
    case "sent_http_":
      return ({ responseHeaders }) => joined(responseHeaders, name);
    case "upstream_http_":
      return ({ upstreamHeaders }) => joined(upstreamHeaders, name);
    case "arg_":
      return ({ target }) => argument(target, name);
    case "cookie_":
      return ({ requestHeaders }) => cookie(requestHeaders, name);
    default:
      return family satisfies never;
  }
}

/** `0.012`. Most requests take less than a second, and for those the text is there already. */
export function seconds(durationMs: number): string {
  return BELOW_ONE_SECOND[Math.round(durationMs)] ?? (durationMs / 1000).toFixed(3);
}

const BELOW_ONE_SECOND = Array.from({ length: 1000 }, (_, ms) => (ms / 1000).toFixed(3));

function orUnset(text: string): string | null {
  return text === "" ? null : text;
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}

function queryOf(target: string): string | null {
  const query = target.indexOf("?");
  return query === -1 ? null : target.slice(query + 1);
}

/** Several fields of one name are one value, as nginx has it since 1.23. */
function joined(fields: Fields | null, name: string): string | null {
  const values = fields?.getAll(name) ?? [];
  return values.length < 2 ? (values[0] ?? null) : values.join(name === "cookie" ? "; " : ", ");
}

function forwardedFor({ requestHeaders, clientAddress }: FinishedExchange): string {
  const sent = joined(requestHeaders, "x-forwarded-for");
  return sent === null ? clientAddress : `${sent}, ${clientAddress}`;
}

/** RFC 7617: what stands before the first colon. nginx does not ask whether it was verified either. */
function basicUser(headers: Fields): string | null {
  const credentials = headers.getAll("authorization")[0];
  if (credentials === undefined || !/^basic /i.test(credentials)) return null;
  const [user = ""] = Buffer.from(credentials.slice(6), "base64").toString("latin1").split(":", 1);
  return orUnset(user);
}

/** nginx compares the names of arguments without case. */
function argument(target: string, name: string): string | null {
  const pair = (queryOf(target) ?? "").split("&").find((one) => one.split("=", 1)[0]?.toLowerCase() === name);
  return pair === undefined || !pair.includes("=") ? null : pair.slice(pair.indexOf("=") + 1);
}

/** And those of cookies. */
function cookie(headers: Fields, name: string): string | null {
  const pairs = (joined(headers, "cookie") ?? "").split(";").map((pair) => pair.trim());
  const found = pairs.find((pair) => pair.split("=", 1)[0]?.toLowerCase() === name);
  return found === undefined || !found.includes("=") ? null : found.slice(found.indexOf("=") + 1);
}

/** Values of retried requests are listed as nginx lists them: `a, b`. */
function each({ attempts }: FinishedExchange, pick: (attempt: UpstreamAttempt) => string): string | null {
  const [first] = attempts;
  if (first === undefined) return null;
  return attempts.length === 1 ? pick(first) : attempts.map(pick).join(", ");
}

function headerTime({ status, headerMs }: UpstreamAttempt): string {
  return status === 0 ? "-" : seconds(headerMs);
}

/** nginx writes the status it made of a failed attempt: 504 after a timeout, else 502; a dash for one that was given up for the client's sake. */
function upstreamStatus({ status, failure }: UpstreamAttempt): string {
  return status === 0 ? (FAILED_STATUS[failure ?? "closed"] ?? "502") : String(status);
}

const FAILED_STATUS: Readonly<Partial<Record<AttemptFailure, string>>> = {
  aborted: "-",
  "connect-timeout": "504",
  "read-timeout": "504",
  "send-timeout": "504",
};

/** Of attempts that got so far. */
function connectTime({ connectMs, failure }: UpstreamAttempt): string {
  return failure !== null && UNCONNECTED.has(failure) ? "-" : seconds(connectMs);
}

const UNCONNECTED: ReadonlySet<AttemptFailure> = new Set([
  "connect-refused",
  "connect-timeout",
  "connect-failed",
  "no-descriptors",
  "tls-failed",
]);

/**
 * As ingress-nginx sets it: empty before a server is chosen, a dash where the server itself answers, and from a location on its upstream,
 * whether that was asked or not. A declared body that is too large is refused before the location counts.
 */
function upstreamName({ upstream, route, virtualHost, errorCode }: FinishedExchange): string {
  if (upstream !== "") return upstream;
  if (virtualHost === null) return "";
  if (route === null) return "-";
  if (errorCode === "body-too-large") return "-";
  const { action, service } = route;
  if (action.kind === "forward") return action.backends[0]?.upstream ?? "";
  return service.name === "" ? "upstream-default-backend" : `${service.namespace}-${service.name}-${service.port}`;
}
