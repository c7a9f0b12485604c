import type { Listener, SocketPlan } from "../../model/listener.ts";
import type { ClientListener } from "../../wire/wire.ts";

/** A listener at work. Never changed: connections that began with one keep it. */
export class ServingListener implements ClientListener {
  readonly id: string;
  readonly declaredPort: string;
  readonly traffic: Listener["traffic"];

  constructor({ id, traffic }: Listener, declaredPort: number) {
    this.id = id;
    this.declaredPort = String(declaredPort);
    this.traffic = traffic;
  }
}

/** What serves the sockets of a plan, by the socket's id. A socket that is not in it has no listener. */
export function servingListeners({ sockets, listeners }: SocketPlan): ReadonlyMap<string, ServingListener> {
  const ports = new Map(sockets.map(({ id, declaredPort }) => [id, declaredPort]));
  return new Map(
    listeners.flatMap((listener) => {
      const port = ports.get(listener.socket);
      return port === undefined ? [] : [[listener.socket, new ServingListener(listener, port)] as const];
    }),
  );
}

/** Ports by which clients reach each scheme, as text. */
export class PublicPorts {
  http = "80";
  https = "443";

  take(listeners: ReadonlyMap<string, ServingListener>): void {
    const serving = [...listeners.values()];
    const portOf = (scheme: Listener["traffic"]): string | undefined =>
      serving.find(({ traffic }) => traffic === scheme)?.declaredPort;
    this.http = portOf("http") ?? "80";
    this.https = portOf("https") ?? "443";
  }
}
