import type { Listener } from "../model/listener.ts";
import { INGRESS_TABLE } from "../model/table.ts";
import type { Socket } from "../model/socket.ts";

type SocketPorts = Pick<Socket, "port" | "declaredPort">;

interface SocketsAndListeners {
  readonly sockets: readonly Socket[];
  readonly listeners: readonly Listener[];
}

/** The two sockets that all Ingresses share, called `http` and `https` as their listeners are. */
export function ingressSockets(
  address: string,
  ports: Readonly<Record<Listener["traffic"], SocketPorts>>,
): SocketsAndListeners {
  return {
    sockets: [
      { id: "http", address, ...ports.http },
      { id: "https", address, ...ports.https },
    ],
    listeners: [ingressListener("http"), ingressListener("https")],
  };
}

/** Of its socket's name. It takes whatever comes: SNI chooses a certificate and Host a virtual host, one independent of the other. */
function ingressListener(traffic: Listener["traffic"]): Listener {
  return {
    id: traffic,
    socket: traffic,
    host: null,
    traffic,
    certificates: null,
    table: INGRESS_TABLE,
    misdirected: false,
  };
}
