import { fieldName, HeaderList } from "../../wire/wire.ts";
import type { RequestContext } from "../request/context.ts";
import { isForProxy } from "../filters/hide-headers.ts";

/**
 * The fields of an upstream's answer that the client receives. No Server field ever; hidden fields and nginx's control fields
 * (`X-Accel-*`) go; on TLS connections our Strict-Transport-Security takes the place of the upstream's.
 */
export function buildResponseHeaders(context: RequestContext, upstream: HeaderList): HeaderList {
  const { sendsHeader } = context.settings;
  const hsts = hstsFor(context);
  const out = new HeaderList();
  for (let i = 0; i < upstream.length; i++) {
    const name = upstream.nameAt(i);
    if (!sendsHeader(name.lower) || (hsts !== null && name.lower === HSTS.lower)) continue;
    out.push(name, upstream.valueAt(i));
  }
  if (hsts !== null) out.push(HSTS, hsts);
  return out;
}

/** Strict-Transport-Security for an answer of the proxy's own. */
export function appendHsts(context: RequestContext, headers: HeaderList): void {
  const hsts = hstsFor(context);
  if (hsts !== null) headers.push(HSTS, hsts);
}

const HSTS = fieldName("Strict-Transport-Security");

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
    const name = trailers.nameAt(i);
    if (isForProxy(name.lower) || FORBIDDEN_TRAILERS.has(name.lower)) continue;
    out.push(name, trailers.valueAt(i));
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
