import { Deadline, type TimerWheel } from "../timer-wheel.ts";
import type { SocketPort, SocketSink } from "./socket-port.ts";

const LINGER_LIMIT_BYTES = 65_536;
const LINGER_MS = 1000;

/**
 * The end of a client connection after its last response: our side is ended, and what the client still sends is read and thrown
 * away for a while, because closing on unread bytes makes TCP send a reset that can eat the response (RFC 9112 §9.6).
 */
export class LingeringClose implements SocketSink {
  readonly #port: SocketPort;
  readonly #wheel: TimerWheel;
  readonly #deadline: Deadline;
  readonly #onClosed: () => void;
  readonly #sendTimeoutMs: number;
  #bytes = 0;

  /** `sendTimeoutMs` bounds the time the client may take to accept what is still to be sent. */
  constructor(port: SocketPort, wheel: TimerWheel, sendTimeoutMs: number, onClosed: () => void) {
    this.#port = port;
    this.#wheel = wheel;
    this.#onClosed = onClosed;
    this.#sendTimeoutMs = sendTimeoutMs;
    this.#deadline = new Deadline(() => this.#port.socket.destroy());
  }

  /** Takes the socket over. */
  begin(): void {
    this.#port.sink = this;
    this.#wheel.arm(this.#deadline, this.#sendTimeoutMs);
    this.#port.socket.end(() => {
      if (this.#deadline.armed) this.#wheel.arm(this.#deadline, LINGER_MS);
    });
    this.#port.resume();
  }

  onSocketData(_bytes: Buffer, length: number): void {
    this.#bytes += length;
    if (this.#bytes > LINGER_LIMIT_BYTES) this.#port.socket.destroy();
  }

  onSocketEnd(): void {
    // Both sides have ended: the socket closes once everything is sent.
  }

  onSocketDrain(): void {
    // Nothing more is written.
  }

  onSocketError(): void {
    // `close` follows.
  }

  onSocketClose(): void {
    this.#wheel.disarm(this.#deadline);
    this.#onClosed();
  }
}
