import { hostOfAuthority } from "../../lib/host-name.ts";
import { flatCopy } from "../../lib/flat-copy.ts";

/** An absolute-form target (RFC 9112 §3.2.2) taken apart. */
export interface AbsoluteTarget {
  readonly authority: string;
  readonly defaultPort: 80 | 443;
  readonly originForm: string;
}

const SCHEMES = [
  { prefix: "http://", defaultPort: 80 },
  { prefix: "https://", defaultPort: 443 },
] as const;

/** Null unless it is an http or https URI with a valid authority and no userinfo. The scheme decides nothing else. */
export function splitAbsoluteTarget(target: string, method: string): AbsoluteTarget | null {
  const start = target.slice(0, "https://".length).toLowerCase();
  const scheme = SCHEMES.find(({ prefix }) => start.startsWith(prefix));
  if (scheme === undefined) return null;
  const rest = target.slice(scheme.prefix.length);
  const authorityEnd = rest.search(/[/?#]/);
  const authority = flatCopy(authorityEnd === -1 ? rest : rest.slice(0, authorityEnd));
  if (hostOfAuthority(authority) === null) return null;
  return {
    authority,
    defaultPort: scheme.defaultPort,
    originForm: originForm(authorityEnd === -1 ? "" : rest.slice(authorityEnd), method),
  };
}

function originForm(afterAuthority: string, method: string): string {
  // RFC 9112 §3.2.4: the asterisk-form travels through proxies as an absolute-form without a path.
  if (afterAuthority === "") return method === "OPTIONS" ? "*" : "/";
  return afterAuthority.startsWith("/") ? afterAuthority : `/${afterAuthority}`;
}
