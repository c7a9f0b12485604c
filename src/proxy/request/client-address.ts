import { isIP } from "node:net";
import { type CidrSet, unmapped } from "../../lib/cidr.ts";

/**
 * The client's address behind trusted proxies, as nginx's recursive realip finds it: from the right end of the chain, each
 * element is believed as long as the one after it is a trusted proxy. An element that is no address ends the walk. With every
 * proxy trusted this is the left-most element, which any client can forge: that is the meaning of `0.0.0.0/0`.
 */
export function resolveClientAddress(peer: string, chain: string, trusted: CidrSet): string {
  let address = peer;
  let end = chain.length;
  for (let hops = 0; hops < MAX_HOPS && end > 0 && trusted.has(address); hops++) {
    const comma = chain.lastIndexOf(",", end - 1);
    const element = parseElement(chain.slice(comma + 1, end).trim());
    if (element === null) return address;
    address = element;
    end = comma;
  }
  return address;
}

/** Real chains have a handful of proxies; a longer walk would only be work that a client can order. */
const MAX_HOPS = 100;

/** An address with an optional port: `10.0.0.1`, `10.0.0.1:80`, `::1`, `[::1]`, `[::1]:80`. */
function parseElement(text: string): string | null {
  if (text.length === 0 || text.length > 64) return null;
  const bare = withoutPort(text);
  return isIP(bare) === 0 || bare.includes("%") ? null : unmapped(bare);
}

function withoutPort(text: string): string {
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    const rest = text.slice(close + 1);
    return close !== -1 && (rest === "" || isPort(rest)) ? text.slice(1, close) : "";
  }
  const colon = text.indexOf(":");
  const single = colon !== -1 && colon === text.lastIndexOf(":");
  return single && isPort(text.slice(colon)) ? text.slice(0, colon) : text;
}

function isPort(text: string): boolean {
  return /^:\d{1,5}$/.test(text);
}
