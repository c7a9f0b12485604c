import { ingressSockets } from "../../../src/cli/ingress-sockets.ts";
import type { Listener, SocketPlan } from "../../../src/model/listener.ts";
import type { Socket } from "../../../src/model/socket.ts";
import type { ClientListener } from "../../../src/wire/wire.ts";

/** HTTP and HTTPS on loopback ports that the system chooses, known to clients as 80 and 443. */
export const LOOPBACK_PLAN: SocketPlan = ingressSockets("127.0.0.1", {
  http: { port: 0, declaredPort: 80 },
  https: { port: 0, declaredPort: 443 },
});

/** The plan with one more HTTP socket, on a loopback port that the system chooses unless told otherwise; its listener has the same name. */
export function withSocket(plan: SocketPlan, socket: Partial<Socket> & Pick<Socket, "id">): SocketPlan {
  const { id } = socket;
  return {
    version: plan.version + 1,
    sockets: [...plan.sockets, { address: "127.0.0.1", port: 0, declaredPort: 8080, ...socket }],
    listeners: [...plan.listeners, { id, socket: id, traffic: "http" }],
  };
}

/** The plan without that socket and its listener. */
export function withoutSocket(plan: SocketPlan, id: string): SocketPlan {
  return {
    version: plan.version + 1,
    sockets: plan.sockets.filter((socket) => socket.id !== id),
    listeners: plan.listeners.filter((listener) => listener.socket !== id),
  };
}

/** What a connection came in by, as far as requests see it. */
export const CLIENT_LISTENERS: Readonly<Record<Listener["traffic"], ClientListener>> = {
  http: { id: "http", declaredPort: "80" },
  https: { id: "https", declaredPort: "443" },
};
