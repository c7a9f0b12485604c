import type { Listener } from "../../model/listener.ts";
import type { TableId } from "../../model/table.ts";
import type { ClientListener } from "../../wire/wire.ts";

/** The listeners of one socket at this moment. A socket keeps its place for as long as it is open. */
export interface SocketPlace {
  listeners: SocketListeners;
}

/** A listener at work. Never changed: connections that began with one keep it. */
export class ServingListener implements ClientListener {
  readonly id: string;
  readonly declaredPort: string;
  readonly listener: Listener;
  readonly #place: SocketPlace;

  constructor(listener: Listener, declaredPort: number, place: SocketPlace) {
    this.id = listener.id;
    this.declaredPort = String(declaredPort);
    this.listener = listener;
    this.#place = place;
  }

  get table(): TableId {
    return this.listener.table;
  }

  get strict(): boolean {
    return this.listener.misdirected;
  }

  get traffic(): Listener["traffic"] {
    return this.listener.traffic;
  }

  forHost(host: string): ServingListener | null {
    const { listeners } = this.#place;
    return listeners.only ?? listeners.find(host);
  }
}

/** A listener that its socket has no room for. */
export interface RefusedListener {
  readonly id: string;
  /** One clause. */
  readonly reason: string;
}

/** The listeners of one socket, by the names that they are for. */
export class SocketListeners {
  /** The one that connections are accepted for before a name is known; null where there is no listener. */
  readonly head: ServingListener | null;
  /** The one that takes every name; null where there are others. */
  readonly only: ServingListener | null;
  readonly refused: readonly RefusedListener[];
  readonly #byHost = new Map<string, ServingListener>();
  /** By what follows the `*` of their hosts. */
  readonly #bySuffix = new Map<string, ServingListener>();
  readonly #any: ServingListener | null;

  /** Where two cannot both be served, the first keeps its place. */
  constructor(listeners: readonly ServingListener[]) {
    const refused: RefusedListener[] = [];
    const traffic = listeners[0]?.traffic ?? null;
    let any: ServingListener | null = null;
    for (const one of listeners) {
      const { host } = one.listener;
      const [names, name] =
        host?.startsWith("*.") === true ? [this.#bySuffix, host.slice(1)] : [this.#byHost, host ?? ""];
      if (one.traffic !== traffic)
        refused.push({ id: one.id, reason: `its socket has a listener for ${traffic} already` });
      else if (host === null ? any !== null : names.has(name))
        refused.push({ id: one.id, reason: "its socket has a listener for this host already" });
      else if (host === null) any = one;
      else names.set(name, one);
    }
    this.head = any ?? listeners[0] ?? null;
    this.refused = refused;
    this.#any = any;
    this.only = this.#byHost.size + this.#bySuffix.size === 0 ? any : null;
  }

  /** The one for a canonical name; empty: for what names none. */
  find(name: string): ServingListener | null {
    const exact = this.#byHost.get(name);
    if (exact !== undefined) return exact;
    if (this.#bySuffix.size > 0) {
      for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
        const wild = this.#bySuffix.get(name.slice(dot));
        if (wild !== undefined) return wild;
      }
    }
    return this.#any;
  }
}

export const NO_LISTENERS = new SocketListeners([]);
