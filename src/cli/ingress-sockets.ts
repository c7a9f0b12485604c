import type { Listener, SocketPlan } from "../model/listener.ts";
import type { Socket } from "../model/socket.ts";

type SocketPorts = Pick<Socket, "port" | "declaredPort">;

/** The two sockets that all Ingresses share, called `http` and `https` as their listeners are. */
export function ingressSockets(address: string, ports: Readonly<Record<Listener["traffic"], SocketPorts>>): SocketPlan {
  return {
    version: 0,
    sockets: [
      { id: "http", address, ...ports.http },
      { id: "https", address, ...ports.https },
    ],
    listeners: [
      { id: "http", socket: "http", traffic: "http" },
      { id: "https", socket: "https", traffic: "https" },
    ],
  };
}
