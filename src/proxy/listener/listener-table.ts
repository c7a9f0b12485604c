import type { Logger } from "../../lib/logger.ts";
import type { Listener } from "../../model/listener.ts";
import type { ModelDelta } from "../../model/model.ts";
import type { Socket } from "../../model/socket.ts";
import type { PublicPorts } from "./public-ports.ts";
import { NO_LISTENERS, ServingListener, SocketListeners, type SocketPlace } from "./serving-listener.ts";

interface ListenerTableOptions {
  readonly logger: Logger;
  /** Kept up to date with the listeners. */
  readonly publicPorts: PublicPorts;
}

/** Listeners and the sockets that they are on, which may come and go in any order. */
export class ListenerTable {
  readonly #options: ListenerTableOptions;
  readonly #listeners: Map<string, Listener>;
  readonly #places = new Map<string, SocketPlace>();
  #sockets: readonly Socket[] = [];
  /** Ids of those that are not served: said once. */
  #refused: ReadonlySet<string> = new Set();

  constructor(listeners: readonly Listener[], options: ListenerTableOptions) {
    this.#options = options;
    this.#listeners = new Map(listeners.map((listener) => [listener.id, listener]));
  }

  /** Takes what concerns listeners out of a change of the model. Connections that are there keep what they began with. */
  apply({ listeners }: Pick<ModelDelta, "listeners">): void {
    if (listeners.size === 0) return;
    for (const [id, listener] of listeners) {
      if (listener === null) this.#listeners.delete(id);
      else this.#listeners.set(id, listener);
    }
    this.#arrange();
  }

  /** From now on these are the sockets. */
  setSockets(sockets: readonly Socket[]): void {
    this.#sockets = sockets;
    for (const id of this.#places.keys()) if (!sockets.some((socket) => socket.id === id)) this.#places.delete(id);
    this.#arrange();
  }

  /** Where the listeners of that socket stand, whatever they are. */
  placeOf(socket: string): SocketPlace {
    const place = this.#places.get(socket) ?? { listeners: NO_LISTENERS };
    this.#places.set(socket, place);
    return place;
  }

  #arrange(): void {
    const serving: ServingListener[] = [];
    const all = [...this.#listeners.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const bySocket = Map.groupBy(all, ({ socket }) => socket);
    const refused = new Set<string>();
    for (const { id, declaredPort } of this.#sockets) {
      const place = this.placeOf(id);
      const listeners = (bySocket.get(id) ?? []).map((listener) => new ServingListener(listener, declaredPort, place));
      place.listeners = new SocketListeners(listeners);
      serving.push(...listeners);
      for (const one of place.listeners.refused) {
        refused.add(one.id);
        if (!this.#refused.has(one.id))
          this.#options.logger.warn({ listener: one.id, socket: id }, `a listener is not served: ${one.reason}`);
      }
    }
    this.#refused = refused;
    this.#options.publicPorts.take(serving);
  }
}
