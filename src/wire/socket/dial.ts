import type { LookupFunction, Socket, TcpNetConnectOpts } from "node:net";
import { connect } from "node:tls";
import type { EndpointTls, Dial } from "../seam/client.ts";
import { tlsOptions } from "./endpoint-tls.ts";
import type { WireError } from "../seam/rules.ts";

/** How to reach an endpoint over TCP. The name `localhost` is this machine whatever its name servers say, and both of its addresses are tried. */
export function tcpTarget({ host, port }: Dial): TcpNetConnectOpts {
  return host === "localhost" ? { host, port, lookup: lookUpLoopback, autoSelectFamily: true } : { host, port };
}

/** Development servers listen on one of them, and many on `::1` only. */
const ADDRESSES = [
  { address: "::1", family: 6 },
  { address: "127.0.0.1", family: 4 },
];

const lookUpLoopback: LookupFunction = (_name, _options, callback) => callback(null, ADDRESSES);

/** Begins a TLS connection to an endpoint. `protocols`: for ALPN; empty offers none. */
export function dialTls(dial: Dial, tls: EndpointTls, protocols: readonly string[]): Socket {
  return connect({
    ...tcpTarget(dial),
    ...tlsOptions(tls),
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
  });
}

/** The code of a connection that could not be opened, and what the log says of it; `otherwise` where the system's code says nothing more. */
export function connectFailure(
  error: NodeJS.ErrnoException,
  otherwise: WireError["code"],
): Pick<WireError, "code" | "detail"> {
  const systemCode = errorCodeOf(error);
  return { code: CONNECT_CODES.get(systemCode) ?? otherwise, detail: systemCode ?? error.message };
}

const CONNECT_CODES: ReadonlyMap<string | undefined, WireError["code"]> = new Map<string, WireError["code"]>([
  ["ECONNREFUSED", "connect-refused"],
  ["ETIMEDOUT", "connect-timeout"],
  ["EMFILE", "no-descriptors"],
  ["ENFILE", "no-descriptors"],
]);

/** The system's code of a failed connection; of several attempts, whether an address refused it says most. */
function errorCodeOf(error: NodeJS.ErrnoException): string | undefined {
  const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return failures.some((each) => codeOf(each) === "ECONNREFUSED") ? "ECONNREFUSED" : error.code;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
