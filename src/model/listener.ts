import type { Socket } from "./socket.ts";

/** What serves the connections of a socket. */
export interface Listener {
  readonly id: string;
  /** Id of its socket, which has at most one listener. */
  readonly socket: string;
  readonly traffic: "http" | "https";
}

/** All sockets and listeners, as they are to be. */
export interface SocketPlan {
  /** Grows with every change. */
  readonly version: number;
  readonly sockets: readonly Socket[];
  readonly listeners: readonly Listener[];
}
