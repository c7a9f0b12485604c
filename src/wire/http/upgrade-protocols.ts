import { isAll, TOKEN } from "./characters.ts";
import { listElements } from "./field-values.ts";

const OFFERS_LIMIT = 8;
const WEB_SOCKET = "websocket";
/** HTTP itself in other clothes: what a client sent through such a tunnel would be requests that no rule of ours has seen. */
const REFUSED_NAMES: ReadonlySet<string> = new Set(["h2c", "h2", "http"]);

/**
 * The protocols of an Upgrade value (RFC 9110 §7.8) that a client may be given, as it spelled them but for `websocket`. None when the
 * value is not of the right shape.
 */
export function offeredProtocols(value: string): readonly string[] {
  const offers = listElements(value);
  if (offers.length > OFFERS_LIMIT || !offers.every(isProtocol)) return [];
  return offers.filter((offer) => !REFUSED_NAMES.has(nameOf(offer))).map(canonical);
}

/** The one of the offered protocols that an Upgrade value chooses, as it was offered; null when it is none, or more than one. */
export function chosenProtocol(offers: string, answer: string): string | null {
  const wanted = answer.trim().toLowerCase();
  return listElements(offers).find((offer) => offer.toLowerCase() === wanted) ?? null;
}

export function isWebSocket(protocol: string): boolean {
  return protocol === WEB_SOCKET;
}

/** `name ["/" version]`, both of them tokens. */
function isProtocol(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash === -1) return isAll(TOKEN, text);
  return isAll(TOKEN, text.slice(0, slash)) && isAll(TOKEN, text.slice(slash + 1));
}

function nameOf(protocol: string): string {
  return protocol.split("/", 1)[0]?.toLowerCase() ?? "";
}

/** Some servers compare `websocket` as it is written in RFC 6455. */
function canonical(protocol: string): string {
  return protocol.toLowerCase() === WEB_SOCKET ? WEB_SOCKET : protocol;
}
