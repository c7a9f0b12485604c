import { hostOfAuthority, withoutEmptyPort } from "../../lib/host-name.ts";
import { parseTarget } from "../../router/router.ts";
import { type Answer, errorAnswer } from "../answers/answer.ts";
import { resolveClientAddress } from "./client-address.ts";
import type { RequestContext } from "./context.ts";
import { firstElement, joinedValues } from "./header-values.ts";

/** Who asks, for which host and path. Everything later sees only these readings. */
export function identify(context: RequestContext): Answer | null {
  context.clientAddress = clientAddress(context);
  context.requestId = requestId(context);
  readForwardedFacts(context);
  // `OPTIONS *` asks about the proxy itself (RFC 9110 §9.3.7); the wire lets `*` pass with no other method.
  if (context.request.target === "*") return ASTERISK_ANSWER;
  const target = parseTarget(context.request.target);
  if (!target.ok) return errorAnswer(target.error);
  context.target = target.value;
  return null;
}

const ASTERISK_ANSWER: Answer = { kind: "empty", status: 200 };

function clientAddress(context: RequestContext): string {
  const { settings, request, peerAddress: peer } = context;
  if (settings.trustedProxies.size === 0) return peer;
  const chain = joinedValues(request.headers, settings.forwardedForName, ",");
  return chain === undefined ? peer : resolveClientAddress(peer, chain, settings.trustedProxies);
}

/** The client's own id when it sent one: it is how a request is followed through several proxies. */
function requestId(context: RequestContext): string {
  const sent = context.request.headers.get("x-request-id");
  if (sent !== undefined && sent !== "") return sent;
  return context.settings.dataPlane.generateRequestId ? context.core.requestIds.next() : "";
}

/**
 * Scheme, authority and port as the client sees them. `use-forwarded-headers` believes any peer, as in ingress-nginx; a value
 * that is not of the right shape is treated as absent.
 */
function readForwardedFacts(context: RequestContext): void {
  const { request, connection } = context;
  context.publicAuthority = withoutEmptyPort(request.authority);
  context.publicPort = connection.listener.declaredPort;
  if (!context.settings.dataPlane.useForwardedHeaders) return;
  readForwardedScheme(context);
  const authority = firstElement(request.headers.get("x-forwarded-host"));
  if (authority !== "" && hostOfAuthority(authority) !== null) context.publicAuthority = withoutEmptyPort(authority);
  const port = firstElement(request.headers.get("x-forwarded-port"));
  if (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535) context.publicPort = port;
}

/** What the schemes that proxies name mean for everything behind us: some name that of a WebSocket. */
const SCHEMES: ReadonlyMap<string, "http" | "https"> = new Map([
  ["http", "http"],
  ["https", "https"],
  ["ws", "http"],
  ["wss", "https"],
]);

function readForwardedScheme(context: RequestContext): void {
  const said = firstElement(context.request.headers.get("x-forwarded-proto")).toLowerCase();
  if (said === "") return;
  context.saysHttp = said === "http";
  context.scheme = SCHEMES.get(said) ?? context.scheme;
}
