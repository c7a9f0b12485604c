import type { LookupFunction, TcpNetConnectOpts } from "node:net";
import type { Dial } from "../seam/seam.ts";

/** How to reach an endpoint over TCP. The name `localhost` is this machine whatever its name servers say, and both of its addresses are tried. */
export function tcpTarget({ host, port }: Dial): TcpNetConnectOpts {
  return host === "localhost" ? { host, port, lookup: lookUpLoopback, autoSelectFamily: true } : { host, port };
}

/** Development servers listen on one of them, and many on `::1` only. */
const ADDRESSES = [
  { address: "::1", family: 6 },
  { address: "127.0.0.1", family: 4 },
];

/** The system's code of a failed connection; of several attempts, whether an address refused it says most. */
export function errorCodeOf(error: NodeJS.ErrnoException): string | undefined {
  const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return failures.some((each) => codeOf(each) === "ECONNREFUSED") ? "ECONNREFUSED" : error.code;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

const lookUpLoopback: LookupFunction = (_name, _options, callback) => callback(null, ADDRESSES);
