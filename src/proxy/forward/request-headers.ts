import { memoizeBounded } from "../../lib/memoize-bounded.ts";
import type { SendPlan } from "../../upstream/upstream.ts";
import { fieldName, HeaderList } from "../../wire/wire.ts";
import type { RequestContext, RuntimeRoute } from "../request/context.ts";
import { forwardedHeaders } from "./forwarded-headers.ts";
import { cookieHeader, joinedValues } from "../request/header-values.ts";

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
  out.push(HOST, upstreamHost(context, route.forward?.host ?? null));
  copyClientFields(context, out);
  appendProxyFields(context, out);
  if (protocol === "grpc" || protocol === "grpcs") appendTe(context, out);
  return out;
}

const HOST = fieldName("Host");
const REQUEST_ID = fieldName("X-Request-ID");
const FORWARDED_HOST = fieldName("X-Forwarded-Host");

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

function upstreamHost(context: RequestContext, host: string | null): string {
  if (host !== null) return host;
  return context.publicAuthority === "" ? SYNTHETIC_HOST : context.publicAuthority;
}

function copyClientFields(context: RequestContext, out: HeaderList): void {
  const { headers } = context.request;
  const nominated = nominatedFields(headers);
  let cookiesCopied = false;
  for (let i = 0; i < headers.length; i++) {
    const name = headers.nameAt(i);
    const verdict = verdictOn(name.lower);
    if (verdict === "drop" || verdict === "connection") continue;
    if (nominated !== null && nominated.has(name.lower)) continue;
    if (verdict === "cookie") {
      if (!cookiesCopied) out.push(name, cookieHeader(headers) ?? "");
      cookiesCopied = true;
      continue;
    }
    out.push(name, headers.valueAt(i));
  }
}

const VERDICTS_LIMIT = 2048;

/** Names repeat from request to request: aliases and prefixes are looked at once a name. */
const verdictOn = memoizeBounded(VERDICTS_LIMIT, judge);

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

/** What is said of this request; what is said of all requests of a connection follows as one. */
function appendProxyFields(context: RequestContext, out: HeaderList): void {
  const { request, settings, requestId, publicAuthority } = context;
  if (requestId !== "") out.push(REQUEST_ID, requestId);
  if (publicAuthority !== "") out.push(FORWARDED_HOST, publicAuthority);
  const forwardedFor = joinedValues(request.headers, settings.forwardedForName, ", ") ?? "";
  const forwardedHost = joinedValues(request.headers, "x-forwarded-host", ", ") ?? "";
  appendUnlessEmpty(out, "X-Original-Forwarded-For", forwardedFor);
  appendUnlessEmpty(out, "X-Original-Forwarded-Host", forwardedHost);
  out.common = forwardedHeaders(context);
}

function appendUnlessEmpty(out: HeaderList, rawName: string, value: string): void {
  if (value !== "") out.append(rawName, value);
}

/** gRPC servers refuse calls without it; nobody but HTTP/2 endpoints ever gets it (RFC 9113 §8.2.2). */
function appendTe(context: RequestContext, out: HeaderList): void {
  const te = joinedValues(context.request.headers, "te", ",") ?? "";
  const codings = te.toLowerCase().split(",");
  if (codings.some((coding) => coding.trim() === "trailers")) out.append("TE", "trailers");
}
