import { HeaderList } from "../wire/wire.ts";
import type { RequestContext } from "./context.ts";

/** What an upstream says only to its proxy, or what the wire writes itself. */
const DROPPED = new Set([
  "server",
  "date",
  "x-pad",
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The fields of an upstream's answer that the client receives. No Server field ever; hidden fields and nginx's control fields
 * (`X-Accel-*`) go; on TLS connections our Strict-Transport-Security takes the place of the upstream's.
 */
export function buildResponseHeaders(context: RequestContext, upstream: HeaderList): HeaderList {
  const { names, rawNames, values } = upstream;
  const { hiddenHeaders } = context.settings;
  const hsts = hstsFor(context);
  const out = new HeaderList();
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? "";
    if (DROPPED.has(name) || name.startsWith("x-accel-") || hiddenHeaders.has(name)) continue;
    if (hsts !== null && name === HSTS) continue;
    out.push(name, rawNames[i] ?? "", values[i] ?? "");
  }
  if (hsts !== null) out.push(HSTS, "Strict-Transport-Security", hsts);
  return out;
}

/** Strict-Transport-Security for an answer of the proxy's own. */
export function appendHsts(context: RequestContext, headers: HeaderList): void {
  const hsts = hstsFor(context);
  if (hsts !== null) headers.push(HSTS, "Strict-Transport-Security", hsts);
}

const HSTS = "strict-transport-security";

/** Sent from every location of every host over a TLS connection, whatever forwarded headers say of the scheme. */
function hstsFor(context: RequestContext): string | null {
  return context.connection.tls !== null && context.inLocation ? context.settings.hsts : null;
}

/**
 * Trailers are never merged into the head by whoever is careful; for the others, whatever frames, routes, authenticates or
 * controls is left out (RFC 9110 §6.5.1). Null when nothing is left.
 */
export function allowedTrailers(trailers: HeaderList | null): HeaderList | null {
  if (trailers === null) return null;
  const out = new HeaderList();
  for (let i = 0; i < trailers.length; i++) {
    const name = trailers.names[i] ?? "";
    if (DROPPED.has(name) || name.startsWith("x-accel-") || FORBIDDEN_TRAILERS.has(name)) continue;
    out.push(name, trailers.rawNames[i] ?? "", trailers.values[i] ?? "");
  }
  return out.length === 0 ? null : out;
}

const FORBIDDEN_TRAILERS = new Set([
  "content-length",
  "content-encoding",
  "content-type",
  "content-range",
  "content-security-policy",
  "host",
  "authorization",
  "www-authenticate",
  "proxy-authenticate",
  "set-cookie",
  "cache-control",
  "expires",
  "age",
  "location",
  "vary",
  "retry-after",
  "strict-transport-security",
]);
