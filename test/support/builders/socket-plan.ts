import { ingressSockets } from "../../../src/cli/ingress-sockets.ts";
import type { Listener } from "../../../src/model/listener.ts";
import { INGRESS_TABLE } from "../../../src/model/table.ts";
import type { Socket, SocketPlan } from "../../../src/model/socket.ts";
import type { ClientListener } from "../../../src/wire/wire.ts";

const LOOPBACK = ingressSockets("127.0.0.1", {
  http: { port: 0, declaredPort: 80 },
  https: { port: 0, declaredPort: 443 },
});

/** HTTP and HTTPS on loopback ports that the system chooses, known to clients as 80 and 443. */
export const LOOPBACK_PLAN: SocketPlan = { version: 0, sockets: LOOPBACK.sockets };
/** What serves them. */
export const LOOPBACK_LISTENERS = LOOPBACK.listeners;

/** A socket on a loopback port that the system chooses, unless told otherwise. */
export function buildSocket(id: string, parts: Partial<Socket> = {}): Socket {
  return { id, address: "127.0.0.1", port: 0, declaredPort: 8080, ...parts };
}

/** An HTTP listener for every host on the socket of the same name, unless told otherwise. */
export function buildListener(id: string, parts: Partial<Listener> = {}): Listener {
  return {
    id,
    socket: id,
    host: null,
    traffic: "http",
    certificates: null,
    table: INGRESS_TABLE,
    misdirected: false,
    ...parts,
  };
}

/** What a connection came in by, as far as requests see it. */
export const CLIENT_LISTENERS: Readonly<Record<Listener["traffic"], ClientListener>> = {
  http: clientListener("http", "80"),
  https: clientListener("https", "443"),
};

function clientListener(id: string, declaredPort: string): ClientListener {
  const table = INGRESS_TABLE;
  const listener: ClientListener = { id, declaredPort, table, strict: false, forHost: () => listener };
  return listener;
}
