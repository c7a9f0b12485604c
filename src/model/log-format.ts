/**
 * nginx's and ingress-nginx's log variables that are known here, and what each is. Where a value is unset, the log has a dash, or
 * nothing with JSON escaping.
 */
export const LOG_VARIABLES = {
  args: "query without the question mark",
  best_http_host: "authority as the client of the outermost trusted proxy sent it",
  body_bytes_sent: "bytes of the response's body",
  bytes_sent: "bytes of the response, head included",
  connection: "number of the client connection",
  content_type: "Content-Type of the request",
  headgate_reason: "why the proxy answered by itself: a [code](reasons.md); unset for answers of endpoints",
  host: "host of the request in lower case, without port",
  hostname: "name of the pod or machine",
  http_host: "Host of the request as sent",
  https: "`on` on TLS connections",
  ingress_name: "Ingress of the route",
  is_args: "`?` when there is a query",
  location_path: "path of the rule",
  msec: "time of the log line in seconds since the epoch",
  namespace: "namespace of the Ingress",
  pass_access_scheme: "scheme as the client of the outermost trusted proxy used it",
  pid: "process id",
  pipe: "`.`, no request is ever marked as pipelined",
  proxy_add_x_forwarded_for: "X-Forwarded-For of the request and the address of the client",
  proxy_alternative_upstream_name: "upstream of the canary that took the request",
  proxy_host: "upstream of the route",
  proxy_protocol_addr: "always unset",
  proxy_protocol_port: "always unset",
  proxy_upstream_name: "upstream of the route",
  query_string: "query without the question mark",
  realip_remote_addr: "address of the connection's other end",
  realip_remote_port: "port of the connection's other end",
  remote_addr: "address of the client",
  remote_port: "port of the connection's other end",
  remote_user: "user of Basic authentication, verified or not",
  req_id: "id of the request",
  request: "request line",
  request_completion: "`OK` when an answer was sent whole",
  request_id: "id of the request",
  request_length: "bytes of the request, head included",
  request_method: "method",
  request_time: "seconds from the first byte to the last, with milliseconds",
  request_uri: "target as sent",
  scheme: "`http` or `https`, of the connection",
  sent_bytes: "bytes of the response, head included",
  server_name: "host of the rule, `_` for none",
  server_port: "port that the client connected to",
  server_protocol: "`HTTP/1.1` and the like",
  service_name: "Service of the route",
  service_port: "its port",
  ssl_cipher: "cipher of the TLS connection",
  ssl_protocol: "`TLSv1.3` and the like",
  ssl_server_name: "server name that the client asked for",
  status: "status",
  the_real_ip: "address of the client",
  time_iso8601: "time of the log line as `2006-01-02T15:04:05+00:00`",
  time_local: "time of the log line as `02/Jan/2006:15:04:05 +0000`",
  upstream_addr: "endpoints that were tried",
  upstream_bytes_received: "bytes of their answers",
  upstream_connect_time: "seconds to connect to each",
  upstream_header_time: "seconds to the head of each answer",
  upstream_response_length: "bytes of the body of each answer",
  upstream_response_time: "seconds that each took",
  upstream_status: "status of each answer",
  uri: "path, decoded and without dot segments",
} as const;

export type LogVariable = keyof typeof LOG_VARIABLES;

/** Families of variables: the rest of the name says which field, argument or cookie. */
export const LOG_FAMILIES = {
  arg_: "argument of the query",
  cookie_: "cookie of the request",
  http_: "header of the request",
  sent_http_: "header of the response",
  upstream_http_: "header of the upstream's answer",
} as const;

export type LogFamily = keyof typeof LOG_FAMILIES;

export type LogPiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: LogVariable }
  /** `name` in lower case; for headers with dashes in place of underscores. */
  | { readonly kind: "member"; readonly family: LogFamily; readonly name: string }
  /** A variable that nobody knows. */
  | { readonly kind: "unset" };

export type LogEscape = "default" | "json" | "none";

/** The access log as configured. */
export interface AccessLogSettings {
  readonly target: "off" | "stdout" | "stderr";
  /** Null: ingress-nginx's default. */
  readonly format: readonly LogPiece[] | null;
  readonly escape: LogEscape;
  /** Also requests that reach the built-in default backend. */
  readonly defaultBackend: boolean;
  /** Targets that are not logged; patterns of re2 have passed a check. */
  readonly skip: readonly LogSkip[];
}

export type LogSkip =
  /** Compared without case, as nginx's maps do. */
  | { readonly kind: "target"; readonly target: string }
  | { readonly kind: "pattern"; readonly pattern: string; readonly ignoreCase: boolean };

export const DEFAULT_ACCESS_LOG: AccessLogSettings = {
  target: "stdout",
  format: null,
  escape: "default",
  defaultBackend: false,
  skip: [],
};
