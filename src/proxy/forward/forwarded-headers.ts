import { CommonFields, HeaderList } from "../../wire/wire.ts";
import type { RequestContext } from "../request/context.ts";
import { joinedValues } from "../request/header-values.ts";

/** What the proxy says about who asked, and how; not for which host, which clients that are proxies ask for in turns. */
interface Facts {
  readonly clientAddress: string;
  readonly forwardedFor: string;
  readonly port: string;
  readonly scheme: string;
}

interface Remembered {
  readonly facts: Facts;
  readonly fields: CommonFields;
}

/** Connections that say the same again and again; others that share a slot only cost each other the work. */
const SLOTS = 1024;
const remembered: (Remembered | undefined)[] = Array.from({ length: SLOTS });

/** Put together anew only when it differs from what was said for the connection's last request. */
export function forwardedHeaders(context: RequestContext): CommonFields {
  const slot = context.connection.id % SLOTS;
  const forwardedFor = forwardedChain(context);
  const last = remembered[slot];
  if (last !== undefined && describes(last.facts, context, forwardedFor)) return last.fields;
  const { clientAddress, publicPort: port, scheme } = context;
  const facts: Facts = { clientAddress, forwardedFor, port, scheme };
  const fields = new CommonFields(listed(facts));
  remembered[slot] = { facts, fields };
  return fields;
}

function describes(facts: Facts, context: RequestContext, forwardedFor: string): boolean {
  return (
    facts.clientAddress === context.clientAddress &&
    facts.forwardedFor === forwardedFor &&
    facts.port === context.publicPort &&
    facts.scheme === context.scheme
  );
}

function listed({ clientAddress, forwardedFor, port, scheme }: Facts): HeaderList {
  const out = new HeaderList();
  out.append("X-Real-IP", clientAddress);
  out.append("X-Forwarded-For", forwardedFor);
  out.append("X-Forwarded-Port", port);
  out.append("X-Forwarded-Proto", scheme);
  out.append("X-Forwarded-Scheme", scheme);
  out.append("X-Scheme", scheme);
  return out;
}

/** One address, unless the settings ask for the whole chain: then what came, and the peer's address. */
function forwardedChain(context: RequestContext): string {
  const { useForwardedHeaders, computeFullForwardedFor } = context.settings.dataPlane;
  if (!useForwardedHeaders || !computeFullForwardedFor) return context.clientAddress;
  const came = joinedValues(context.request.headers, "x-forwarded-for", ", ");
  const peer = context.peerAddress;
  return came === undefined || came === "" ? peer : `${came}, ${peer}`;
}
