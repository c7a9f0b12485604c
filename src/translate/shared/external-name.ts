import { isIP } from "node:net";
import { compileCidrs } from "../../lib/cidr.ts";
import { canonicalServerName, isLocalName } from "../../lib/host-name.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Endpoint } from "../../model/upstream.ts";

// Addresses that mean this machine, this link or nobody: Kubernetes refuses them in EndpointSlices too, and the link-local range
// holds the clouds' metadata services. IPv4-mapped IPv6 is judged as the IPv4 address it means.
const SPECIAL = compileCidrs([
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/3",
  "::/96",
  "fe80::/10",
  "ff00::/8",
]);

/**
 * Where an ExternalName Service points. An IP literal becomes an address (broken in ingress-nginx); `localhost`, loopback and other
 * special addresses are refused, in every spelling a resolver might understand as one.
 */
export function parseExternalName(text: string, port: number): Result<Endpoint> {
  const literal = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (isIP(literal) !== 0) {
    if (literal.includes("%") || SPECIAL.has(literal))
      return err("a loopback, link-local or multicast address is refused");
    return ok({ kind: "address", address: literal.toLowerCase(), port });
  }
  const host = canonicalServerName(text);
  if (host === null) return err("expected a DNS name or an IP address");
  if (isLocalName(host)) return err("localhost is refused");
  if (endsInNumber(host)) return err("a number is not a DNS name");
  return ok({ kind: "name", host: text.endsWith(".") ? `${host}.` : host, port });
}

/** `127.1` and `0x7f000001` are addresses to some resolvers. */
function endsInNumber(host: string): boolean {
  return /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(host);
}
