import type { Socket } from "node:net";
import { unmapped } from "../../lib/cidr.ts";
import type { Logger } from "../../lib/logger.ts";
import type { CertificateIndex } from "../../tls/tls.ts";
import {
  type ClientConnection,
  type ClientTls,
  closeWithText,
  Deadline,
  type RequestAcceptor,
  type ServedConnection,
  serveHttp1,
  serveHttp2,
  type TimerWheel,
  type TurnedAway,
} from "../../wire/wire.ts";
import type { ServingListener, SocketPlace } from "./serving-listener.ts";
import type { WireOptions } from "./wire-options.ts";

/** What the connections of one socket share. */
export interface ConnectionContext {
  readonly place: SocketPlace;
  readonly acceptor: RequestAcceptor;
  readonly certificates: CertificateIndex;
  readonly logger: Logger;
  readonly wheel: TimerWheel;
  /** Options of this moment. */
  readonly options: WireOptions;
  nextId(): number;
}

/** How long a client that had connected, but sent no request, may still do so once its socket drains. */
const DRAIN_SILENCE_MS = 1000;

/** One accepted connection, from its first byte until a protocol serves it, and what becomes of it on shutdown. */
export class AcceptedConnection {
  readonly socket: Socket;
  readonly context: ConnectionContext;
  /** What it was accepted for, and with TLS what is for its server name once that is known. */
  listener: ServingListener;
  readonly options: WireOptions;
  readonly #deadline: Deadline;
  #served: ServedConnection | null = null;
  #turnedAway = false;
  #draining = false;

  /** Must be called in the accept callback: a socket without error listener ends the process. */
  constructor(socket: Socket, context: ConnectionContext, listener: ServingListener, openingMs: number) {
    this.socket = socket;
    this.context = context;
    this.listener = listener;
    this.options = context.options;
    this.#deadline = new Deadline(() => this.#onDeadline());
    socket.on("error", ignore);
    socket.on("close", () => context.wheel.disarm(this.#deadline));
    context.wheel.arm(this.#deadline, openingMs);
  }

  /** The connection must get on within this time; replaces the limit from before. */
  limit(ms: number): void {
    this.context.wheel.arm(this.#deadline, ms);
  }

  /** The opening is over: HTTP begins, on the socket itself or on the TLS socket around it. */
  serve(socket: Socket, useHttp2: boolean, tls: ClientTls | null, firstBytes: Buffer | null): void {
    const { context, options } = this;
    context.wheel.disarm(this.#deadline);
    if (socket.destroyed) return;
    const connection = this.describe(tls);
    this.#served = useHttp2
      ? serveHttp2(socket, connection, { acceptor: context.acceptor, options: options.http2 }, firstBytes)
      : serveHttp1(socket, connection, { acceptor: context.acceptor, options: options.http1 }, firstBytes);
    // A client that connected before the drain gets an answer, if the request comes without delay.
    if (this.#draining) this.limit(DRAIN_SILENCE_MS);
  }

  /** The opening failed: the client gets this latin1 text and is closed. */
  closeWith(text: string): void {
    const { socket, context } = this;
    context.wheel.disarm(this.#deadline);
    closeWithText(socket, text, context.wheel);
  }

  /** The opening comes to nothing: told once, and never of a connection that was served. */
  turnAway(why: TurnedAway): void {
    if (this.#served !== null || this.#turnedAway) return;
    this.#turnedAway = true;
    this.context.acceptor.onTurnedAway(this.describe(null), why);
  }

  describe(tls: ClientTls | null): ClientConnection {
    const { socket, context } = this;
    return {
      id: context.nextId(),
      remoteAddress: unmapped(socket.remoteAddress ?? ""),
      remotePort: socket.remotePort ?? 0,
      localPort: socket.localPort ?? 0,
      listener: this.listener,
      tls,
    };
  }

  drain(): void {
    this.#draining = true;
    if (this.#served !== null) this.#served.drain();
    else if (this.socket.bytesRead === 0) this.limit(DRAIN_SILENCE_MS);
  }

  destroy(): void {
    if (this.#served !== null) this.#served.destroy();
    else this.#close();
  }

  /** Ours to end: nobody was turned away. */
  #close(): void {
    this.#turnedAway = true;
    this.socket.destroy();
  }

  #onDeadline(): void {
    if (this.#served === null) this.#replaceFailing();
    else this.#served.drain();
  }

  /** Who has sent nothing at all wanted nothing: a health check, or a connection kept for later. */
  #replaceFailing(): void {
    if (this.listener.traffic === "https" && this.socket.bytesRead > 0 && !this.#draining)
      this.turnAway({ code: "tls-timeout", detail: "", serverName: "" });
    this.#close();
  }
}

function ignore(): void {}
