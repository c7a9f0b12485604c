/**
 * `error`: an endpoint, or we, did something wrong; `warn`: a route cannot be served as its objects stand; `notice`: the client asked for what is
 * not served, or did not ask properly.
 */
export type ReasonLevel = "notice" | "warn" | "error";

/** Why the proxy gave an answer of its own, or turned a connection away. */
interface Reason {
  readonly level: ReasonLevel;
  /** One clause, in words for people. */
  readonly means: string;
  /** One sentence: what to do about it. */
  readonly advice: string;
}

function notice(means: string, advice: string): Reason {
  return { level: "notice", means, advice };
}

function warn(means: string, advice: string): Reason {
  return { level: "warn", means, advice };
}

function error(means: string, advice: string): Reason {
  return { level: "error", means, advice };
}

const CLIENT_BUG = "The client, or a proxy before us, does not keep to HTTP; there is nothing to set.";
const CLIENT_PATH = "Change the URL that the client uses; such paths are refused so that no guard can be passed by.";

/** Every reason by its code, which never changes: it is `$headgate_reason`, the label `code` and the field `code` of the error log. */
export const REASONS = {
  "no-route": notice(
    "no Ingress serves this host and path",
    "Compare host and path with the rules of the Ingress; `/debug/model` has all that is served.",
  ),
  "no-listener": notice(
    "no listener of this port is for the host",
    "Compare the host with the listeners; a host without one is answered 404 on every path.",
  ),
  "misdirected-request": notice(
    "the connection was made for another listener than that of the host",
    "Browsers send the request again on a connection of its own; other clients must not use one connection for several names.",
  ),
  "no-endpoints": warn(
    "the Service has no endpoint that is ready",
    "Look at `kubectl get endpointslices`, at the Pods' readiness, and at selector and ports of the Service.",
  ),
  "unresolved-backend": warn(
    "the backend that the request fell to refers to nothing that can be asked",
    "`kubectl describe` of the route has the problem: the Service does not exist, or must not be referred to.",
  ),
  "route-closed": warn(
    "the route is closed because its access control cannot be honoured",
    "`kubectl describe ingress` has the problem; the annotation must be mended or removed.",
  ),
  "not-ready": warn(
    "the first configuration is not there yet",
    "Wait; if it stays so, the API server does not answer: see the lines before.",
  ),
  "rate-limited": notice(
    "the client is over the rate limit of the Ingress",
    "`limit-rps` and `limit-rpm` of the Ingress set the rate, `limit-burst-multiplier` the burst.",
  ),
  "connections-limited": notice(
    "the client has too many requests in flight",
    "`limit-connections` of the Ingress sets how many.",
  ),
  "body-too-large": notice(
    "the request body is larger than allowed",
    "`proxy-body-size` of the Ingress or the ConfigMap sets the limit.",
  ),
  "ambiguous-path": notice("another reading of the path leads to a route with another policy", CLIENT_PATH),
  "too-many-readings": notice("the path can be read in more ways than are looked at", CLIENT_PATH),
  "pattern-budget": warn(
    "the patterns of this host need more work for this path than a request may cost",
    "Write simpler patterns: plain prefixes, fewer repetitions, shorter counts.",
  ),
  "error-page-failed": warn(
    "the backend's answer was to be replaced by an error page, and the error backend gave none",
    "Look at the Service that serves the error pages: its endpoints, and what it logs.",
  ),
  "bad-authority": notice(
    "the Host, or X-Forwarded-Host, is no host name",
    "Change what the client, or the trusted proxy before us, sends.",
  ),
  "client-closed": notice(
    "the client went away before the answer",
    "If that comes after a constant time, the client's timeout is shorter than the endpoint's answer.",
  ),
  "connection-cut": notice(
    "the request was cut because the grace period of the shutdown was over",
    "Whatever lasts longer than a Pod has for its shutdown must be able to begin anew.",
  ),
  "client-malformed": notice("the client broke the protocol inside its body", CLIENT_BUG),
  "client-timeout": notice(
    "the client stopped sending its body",
    "`client-body-timeout` of the ConfigMap sets how long it may pause.",
  ),
  internal: error("a fault in Headgate itself", "The line before it has the stack: please report it."),

  "connect-failed": error(
    "the endpoint could not be connected to",
    "See that the Pod listens on the port that the Service names, and that no NetworkPolicy is in the way.",
  ),
  "no-descriptors": error(
    "this process may open no further connection to an endpoint",
    "Raise its limit of open files (`ulimit -n`): clients get half of it, connections to endpoints the other half.",
  ),
  timeout: error(
    "the endpoint took too long",
    "`proxy-connect-timeout`, `proxy-send-timeout` and `proxy-read-timeout` of the Ingress set how long it may take.",
  ),
  reset: error(
    "the endpoint closed the connection before it had answered",
    "The log of the Pod says why; often it crashed, or its keep-alive timeout is too short.",
  ),
  malformed: error(
    "the endpoint's answer is no HTTP that can be read",
    "See that `backend-protocol` is what the Pod speaks on this port.",
  ),
  truncated: error("the endpoint's answer broke off in the middle", "The log of the Pod says why."),

  "bad-request-line": notice("the request line is no HTTP", CLIENT_BUG),
  "bad-line-end": notice("a line of the head does not end in CR LF", CLIENT_BUG),
  "too-many-blank-lines": notice("blank lines stand before the request", CLIENT_BUG),
  "bad-target": notice("the request target is malformed", CLIENT_BUG),
  "bad-status-line": notice("the status line is no HTTP", CLIENT_BUG),
  "bad-field-name": notice("the name of a header field is malformed", CLIENT_BUG),
  "bad-field-value": notice("the value of a header field is malformed", CLIENT_BUG),
  "bad-content-length": notice("Content-Length is no number", CLIENT_BUG),
  "repeated-content-length": notice("Content-Length comes twice", CLIENT_BUG),
  "bad-transfer-encoding": notice("Transfer-Encoding is malformed", CLIENT_BUG),
  "repeated-transfer-encoding": notice("Transfer-Encoding comes twice", CLIENT_BUG),
  "content-length-with-transfer-encoding": notice(
    "Content-Length and Transfer-Encoding come together: two parsers could see two requests",
    CLIENT_BUG,
  ),
  "transfer-encoding-in-http-1.0": notice("Transfer-Encoding in HTTP/1.0, which has none", CLIENT_BUG),
  "missing-host": notice("an HTTP/1.1 request without Host", CLIENT_BUG),
  "repeated-host": notice("Host comes twice", CLIENT_BUG),
  "bad-host": notice("Host is no host name", CLIENT_BUG),
  "host-differs-from-target": notice("Host differs from the host of the request target", CLIENT_BUG),
  "truncated-head": notice("the client closed the connection inside the head", CLIENT_BUG),
  "bad-chunk-size": notice("the size of a chunk is malformed", CLIENT_BUG),
  "bad-chunk-extension": notice("the extension of a chunk is malformed", CLIENT_BUG),
  "bad-chunk-end": notice("a chunk does not end where it should", CLIENT_BUG),
  "too-much-chunk-overhead": notice("the body has far more framing than content", CLIENT_BUG),
  "bad-trailer": notice("a trailer is malformed", CLIENT_BUG),
  "method-not-allowed": notice("TRACE, TRACK and CONNECT are never forwarded", CLIENT_BUG),
  "head-timeout": notice(
    "the client took too long to send its head",
    "`client-header-timeout` of the ConfigMap sets how long it may take.",
  ),
  "body-timeout": notice(
    "the client stopped sending its body",
    "`client-body-timeout` of the ConfigMap sets how long it may pause.",
  ),
  "target-too-long": notice("the request target is longer than 8 KiB", "Send what is so long in the body."),
  "bad-expectation": notice("an Expect other than 100-continue", CLIENT_BUG),
  "head-too-large": notice(
    "the head is larger than 32 KiB",
    "Often cookies grew too many: clear them, and see who sets them.",
  ),
  "trailers-too-large": notice("the trailers are too large", CLIENT_BUG),
  "bad-response-head": error(
    "the head of the answer cannot be sent",
    "An endpoint's header field has a name or value that HTTP forbids.",
  ),
  "unknown-transfer-coding": notice("a Transfer-Encoding other than chunked", CLIENT_BUG),
  "bad-version": notice("neither HTTP/1.0 nor HTTP/1.1", CLIENT_BUG),
  "bad-scheme": notice("a scheme other than http and https", CLIENT_BUG),

  "target-not-origin-form": notice("the request target does not begin with a slash", CLIENT_BUG),
  fragment: notice("a `#` in the request target", CLIENT_PATH),
  "bad-character": notice("a character in the request target that no URL may have", CLIENT_PATH),
  "bad-escape": notice("a `%` in the path that begins no escape", CLIENT_PATH),
  "nul-escape": notice("an escaped NUL in the path", CLIENT_PATH),
  "hidden-dot-segment": notice("a dot segment beside an escaped slash or a parameter", CLIENT_PATH),
  "above-root": notice("the path climbs above the root", CLIENT_PATH),

  "plain-http-on-https-port": notice(
    "plain HTTP on the HTTPS port",
    "Use `https://`, or the HTTP port; behind a load balancer, let its TLS port go to our HTTP port or pass TLS through.",
  ),
  "tls-garbage": notice(
    "what came on the HTTPS port is neither TLS nor HTTP",
    "Something that speaks another protocol, or the PROXY protocol, connects to this port.",
  ),
  "tls-version": notice(
    "the client speaks no TLS version that is allowed",
    "Update the client: TLS 1.2 is the oldest that is served.",
  ),
  "tls-no-cipher": notice("client and server have no cipher in common", "Update the client."),
  "tls-no-protocol": notice(
    "the client wants a protocol (ALPN) that is not served",
    "Served are h2, unless `use-http2` is false, and http/1.1.",
  ),
  "tls-client-alert": notice(
    "the client refused our side of the handshake",
    "The detail is the client's alert; `unknown ca` and `certificate unknown` mean that it does not trust the certificate it was shown.",
  ),
  "tls-client-closed": notice(
    "the client closed the connection inside the TLS handshake",
    "Often a health check or a port scan; else the client does not trust the certificate it was shown.",
  ),
  "tls-timeout": notice("the TLS handshake took too long", "The client, or something between, is very slow or stuck."),
  "tls-no-listener": notice(
    "no listener of this port is for the name that the client asked for",
    "Compare the name with the listeners; the client's connection is closed.",
  ),
  "tls-no-certificate": error(
    "no certificate could be chosen",
    "A listener has none that can be used; where it is that of the Ingresses, the line before has the fault: please report it.",
  ),
  "tls-failed": notice("the TLS handshake failed", "The detail is OpenSSL's word for it."),
  "http2-protocol-error": notice("the client broke HTTP/2, and its connection was closed", CLIENT_BUG),
} as const satisfies Readonly<Record<string, Reason>>;

/** A code that has words. */
export type ReasonCode = keyof typeof REASONS;

/** What is known of a code; one that has no words stands for itself. */
export function reasonOf(code: string): Reason {
  return isReasonCode(code) ? REASONS[code] : { level: "notice", means: code, advice: "" };
}

function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}
