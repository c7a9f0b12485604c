import type { Filters } from "../model/filters.ts";
import type { SendPlan } from "../upstream/upstream.ts";
import { HeaderList } from "../wire/wire.ts";
import type { RequestContext, RuntimeRoute } from "./context.ts";
import { cookieHeader, joinedValues } from "./header-values.ts";

/**
 * The fields an upstream receives: Host first, then what the client sent and may send, then what the proxy says about the
 * request. The client's own copies of everything the proxy says, and of what it only says after a check (`ssl-client-*`), never
 * get through, under no spelling. Fields whose value would be empty are left out.
 */
export function buildRequestHeaders(
  context: RequestContext,
  route: RuntimeRoute,
  protocol: SendPlan["protocol"],
): HeaderList {
  const out = new HeaderList();
  out.push("host", "Host", upstreamHost(context, route.route.filters));
  copyClientFields(context, out);
  appendProxyFields(context, out);
  appendPrefix(context, route, out);
  if (protocol === "grpc" || protocol === "grpcs") appendTe(context, out);
  return out;
}

type Verdict = "keep" | "drop" | "connection" | "cookie";

/** HTTP/1.0 clients may send no Host; HTTP/1.1 upstreams must get one. */
const SYNTHETIC_HOST = "localhost";

const DROPPED = new Set([
  // Hop-by-hop (RFC 9110 §7.6.1) and framing; the wire writes its own. Expect was answered by us.
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "content-length",
  "upgrade",
  "http2-settings",
  "proxy-connection",
  "proxy-authorization",
  "expect",
  "host",
  // Never a request field; CGI programs take it for the variable HTTP_PROXY.
  "proxy",
  // What the proxy says itself.
  "forwarded",
  "x-real-ip",
  "x-request-id",
  "x-scheme",
  "x-original-forwarded-for",
  "x-original-forwarded-host",
  // What other proxies say, and some frameworks believe.
  "x-original-url",
  "x-original-uri",
  "x-rewrite-url",
]);
const DROPPED_PREFIXES = ["x-forwarded-", "ssl-client-"];

/** Fields that a client must not be able to take away by naming them in Connection. */
const NOT_NOMINABLE = new Set(["authorization", "cookie", "host", "content-length", "transfer-encoding", "origin"]);

function upstreamHost(context: RequestContext, filters: Filters): string {
  if (filters.upstreamHost !== null) return filters.upstreamHost;
  return context.publicAuthority === "" ? SYNTHETIC_HOST : context.publicAuthority;
}

function copyClientFields(context: RequestContext, out: HeaderList): void {
  const { names, rawNames, values } = context.request.headers;
  const nominated = nominatedFields(context.request.headers);
  let cookiesCopied = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? "";
    const verdict = verdictOn(name);
    if (verdict === "drop" || verdict === "connection") continue;
    if (nominated?.has(name) === true) continue;
    if (verdict === "cookie") {
      if (!cookiesCopied) out.push(name, rawNames[i] ?? "", cookieHeader(context.request.headers) ?? "");
      cookiesCopied = true;
      continue;
    }
    out.push(name, rawNames[i] ?? "", values[i] ?? "");
  }
}

/** Names repeat from request to request: remembered, so that aliases and prefixes are looked at once a name. */
const verdicts = new Map<string, Verdict>();
const VERDICTS_LIMIT = 2048;

function verdictOn(name: string): Verdict {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  if (verdicts.size >= VERDICTS_LIMIT) verdicts.clear();
  const verdict = judge(name);
  verdicts.set(name, verdict);
  return verdict;
}

/** Many backends read `_` and `.` in a name as `-`. */
function judge(name: string): Verdict {
  const canonical = name.replace(/[_.]/g, "-");
  if (canonical === "connection") return "connection";
  if (DROPPED.has(canonical) || DROPPED_PREFIXES.some((prefix) => canonical.startsWith(prefix))) return "drop";
  return name === "cookie" ? "cookie" : "keep";
}

/** Fields that the client's Connection header makes hop-by-hop; null in nearly every request. */
function nominatedFields(headers: HeaderList): ReadonlySet<string> | null {
  const connection = joinedValues(headers, "connection", ",");
  if (connection === undefined || connection === "keep-alive" || connection === "close") return null;
  const nominated = new Set<string>();
  for (const token of connection.split(",")) {
    const name = token.trim().toLowerCase();
    if (name !== "" && !NOT_NOMINABLE.has(name)) nominated.add(name);
  }
  return nominated;
}

function appendProxyFields(context: RequestContext, out: HeaderList): void {
  const { request, settings, scheme, publicAuthority } = context;
  const forwardedFor = joinedValues(request.headers, settings.forwardedForName, ", ") ?? "";
  const forwardedHost = joinedValues(request.headers, "x-forwarded-host", ", ") ?? "";
  appendUnlessEmpty(out, "x-request-id", "X-Request-ID", context.requestId);
  out.push("x-real-ip", "X-Real-IP", context.clientAddress);
  out.push("x-forwarded-for", "X-Forwarded-For", forwardedChain(context));
  appendUnlessEmpty(out, "x-forwarded-host", "X-Forwarded-Host", publicAuthority);
  out.push("x-forwarded-port", "X-Forwarded-Port", context.publicPort);
  out.push("x-forwarded-proto", "X-Forwarded-Proto", scheme);
  out.push("x-forwarded-scheme", "X-Forwarded-Scheme", scheme);
  out.push("x-scheme", "X-Scheme", scheme);
  appendUnlessEmpty(out, "x-original-forwarded-for", "X-Original-Forwarded-For", forwardedFor);
  appendUnlessEmpty(out, "x-original-forwarded-host", "X-Original-Forwarded-Host", forwardedHost);
}

function appendUnlessEmpty(out: HeaderList, name: string, rawName: string, value: string): void {
  if (value !== "") out.push(name, rawName, value);
}

/** One address, unless the settings ask for the whole chain: then what came, and the peer's address. */
function forwardedChain(context: RequestContext): string {
  const { useForwardedHeaders, computeFullForwardedFor } = context.settings.model;
  if (!useForwardedHeaders || !computeFullForwardedFor) return context.clientAddress;
  const came = joinedValues(context.request.headers, "x-forwarded-for", ", ");
  const peer = context.peerAddress;
  return came === undefined || came === "" ? peer : `${came}, ${peer}`;
}

/** gRPC servers refuse calls without it; nobody but HTTP/2 endpoints ever gets it (RFC 9113 §8.2.2). */
function appendTe(context: RequestContext, out: HeaderList): void {
  const te = joinedValues(context.request.headers, "te", ",") ?? "";
  const codings = te.toLowerCase().split(",");
  if (codings.some((coding) => coding.trim() === "trailers")) out.push("te", "TE", "trailers");
}

/** ingress-nginx sends the prefix only while a rewrite is active. */
function appendPrefix(context: RequestContext, route: RuntimeRoute, out: HeaderList): void {
  const prefix = route.route.filters.forwardedPrefix;
  if (prefix === null || route.rewrite === null) return;
  appendUnlessEmpty(out, "x-forwarded-prefix", "X-Forwarded-Prefix", route.rewrite.expand(prefix, context.target.path));
}
