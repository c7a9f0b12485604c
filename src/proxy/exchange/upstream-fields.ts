import { HeaderList } from "../../wire/wire.ts";
import type { RequestContext } from "../request/context.ts";
import { isForProxy } from "../request/hidden-headers.ts";

/**
 * The fields of an upstream's answer that the client may see. No Server field ever; hidden fields and nginx's control fields (`X-Accel-*`)
 * go.
 */
export function visibleFields({ settings }: RequestContext, upstream: HeaderList): HeaderList {
  const { sendsHeader } = settings;
  const out = new HeaderList();
  for (let i = 0; i < upstream.length; i++) {
    const name = upstream.nameAt(i);
    if (sendsHeader(name.lower)) out.push(name, upstream.valueAt(i));
  }
  return out;
}

/**
 * Careful receivers never merge trailers into the head; for the others, whatever frames, routes, authenticates or
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
