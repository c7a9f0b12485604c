import { connect as connectTcp, type Socket } from "node:net";
import { connectFailure, dialTls, tcpTarget } from "../socket/dial.ts";
import type { ConnectEvents, Dial, PendingConnection } from "../seam/client.ts";
import type { WireError } from "../seam/rules.ts";
import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";
import { Http1Connection } from "./client-connection.ts";
import { READ_BUFFER } from "../socket/read-buffer.ts";
import { SocketPort, type SocketSink } from "../socket/socket-port.ts";

const KEEP_ALIVE_PROBE_MS = 60_000;
/**
 * Half of what could be read at once: it is what a client that takes nothing more leaves in our memory. Costs an answer of 1 MB 7 % of
 * CPU time.
 */
const ANSWER_BUFFER = READ_BUFFER.subarray(0, 32_768);

/** Opens a connection to an endpoint, TLS handshake included, within `connectMs`. */
export function connectHttp1(
  dial: Dial,
  connectMs: number,
  wheel: TimerWheel,
  events: ConnectEvents<Http1Connection>,
): PendingConnection {
  return new Connecting(dial, connectMs, wheel, events);
}

class Connecting implements SocketSink, PendingConnection {
  readonly #port: SocketPort;
  readonly #wheel: TimerWheel;
  readonly #events: ConnectEvents<Http1Connection>;
  readonly #deadline: Deadline;
  readonly #startMs: number;
  readonly #tls: boolean;
  #over = false;
  /** The TCP connection stands; what fails from here on is the TLS handshake. */
  #reached = false;

  constructor(dial: Dial, connectMs: number, wheel: TimerWheel, events: ConnectEvents<Http1Connection>) {
    this.#wheel = wheel;
    this.#events = events;
    this.#tls = dial.tls !== null;
    this.#startMs = wheel.clock.monotonicMs();
    this.#deadline = new Deadline(() => this.#fail("connect-timeout", "no connection in time"));
    wheel.arm(this.#deadline, connectMs);
    this.#port = this.#open(dial);
  }

  cancel(): void {
    if (this.#finish()) this.#port.socket.destroy();
  }

  onSocketData(): void {
    this.#fail("connect-failed", "endpoint spoke first");
  }

  onSocketEnd(): void {
    this.#fail(this.#tls ? "tls-failed" : "connect-failed", "endpoint closed while connecting");
  }

  onSocketDrain(): void {
    // Nothing is written while connecting.
  }

  onSocketError(error: NodeJS.ErrnoException): void {
    const { code, detail } = connectFailure(error, this.#reached ? "tls-failed" : "connect-failed");
    this.#fail(code, detail);
  }

  onSocketClose(): void {
    this.#fail(this.#reached ? "tls-failed" : "connect-failed", "closed while connecting");
  }

  #open(dial: Dial): SocketPort {
    const socket = dial.tls === null ? this.#openPlain(dial) : dialTls(dial, dial.tls, []);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    const port = new SocketPort(socket, this);
    if (dial.tls === null) {
      socket.once("connect", () => this.#succeed());
    } else {
      port.read();
      socket.once("connect", () => (this.#reached = true));
      socket.once("secureConnect", () => this.#succeed());
    }
    return port;
  }

  #openPlain(dial: Dial): Socket {
    return connectTcp({
      ...tcpTarget(dial),
      allowHalfOpen: true,
      onread: {
        buffer: ANSWER_BUFFER,
        callback: (length) => {
          this.#port.received(READ_BUFFER, length);
          return true;
        },
      },
    });
  }

  #succeed(): void {
    if (!this.#finish()) return;
    const elapsedMs = this.#wheel.clock.monotonicMs() - this.#startMs;
    this.#events.onConnected(new Http1Connection(this.#port, this.#wheel, elapsedMs));
  }

  #fail(code: WireError["code"], detail: string): void {
    if (!this.#finish()) return;
    this.#port.socket.destroy();
    this.#events.onFailed({ code, detail, requestSent: false, responseStarted: false });
  }

  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#wheel.disarm(this.#deadline);
    return true;
  }
}
