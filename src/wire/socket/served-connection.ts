/** A client connection in service, of whichever protocol. Takes its socket over until it is closed. */
export interface ServedConnection {
  /** True while a request is open, or a tunnel. */
  readonly busy: boolean;
  /** Called once, when the connection is gone. Set synchronously by whoever opened it. */
  onClosed: (() => void) | null;
  /** Finishes what is in flight, then closes: HTTP/1.1 by `Connection: close`, HTTP/2 by GOAWAY. At once when nothing is. */
  drain(): void;
  /** Closes at once; streams in flight are cut. */
  destroy(): void;
}
