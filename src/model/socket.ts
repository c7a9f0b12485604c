/** Where client connections come in: opened, changed and closed while others serve. */
export interface Socket {
  readonly id: string;
  /** Address to bind; empty for all. */
  readonly address: string;
  /** Port to bind; 0 lets the system choose one, the same for every worker. */
  readonly port: number;
  /** Port by which clients know it, whatever is bound: a Service or a load balancer may map one to the other. */
  readonly declaredPort: number;
}

/** What became of a socket. */
export interface SocketReport {
  /** Id of the socket. */
  readonly socket: string;
  /**
   * `bound`: it takes connections. `failed`: it cannot be bound, which is tried again. `closed`: it is gone, and so is the last of its
   * connections.
   */
  readonly state: "bound" | "failed" | "closed";
  /** The bound port; 0 where none is. */
  readonly port: number;
  /** One sentence: why it failed; empty otherwise. */
  readonly reason: string;
  /** Version of the plan that this is true of. */
  readonly version: number;
}

/** All sockets, as they are to be. */
export interface SocketPlan {
  /** Of the model, or 0 at the start. */
  readonly version: number;
  readonly sockets: readonly Socket[];
}
