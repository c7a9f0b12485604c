import { isIP, type Socket } from "node:net";
import { connect } from "node:tls";
import { tcpTarget } from "./loopback.ts";
import type { Dial } from "../seam/seam.ts";

/** Begins a TLS connection to an endpoint. An address is no server name (RFC 6066 §3). `protocols`: for ALPN; empty offers none. */
export function dialTls(dial: Dial, tls: NonNullable<Dial["tls"]>, protocols: readonly string[]): Socket {
  const name = tls.serverName !== null && isIP(tls.serverName) === 0 ? tls.serverName : null;
  return connect({
    ...tcpTarget(dial),
    rejectUnauthorized: tls.verify,
    minVersion: "TLSv1.2",
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
    ...(name === null ? {} : { servername: name }),
  });
}
