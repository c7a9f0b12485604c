import type { Socket } from "node:net";
import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";
import { SocketPort, type SocketSink } from "./socket-port.ts";

/** How long a client may be silent before it is taken for having said all. */
export const LINGER_SILENCE_MS = {
  /** It was in the midst of sending when it was answered: nginx's `lingering_timeout`. */
  sending: 5_000,
  /** Nothing more is expected. */
  quiet: 1_000,
} as const;
/** In all, however much comes: nginx's `lingering_time`. */
const LINGER_MS = 30_000;
const LIMIT = 1_024;

/** The connections of a thread that only wait for their client to have said all. */
export class LingerRoom {
  readonly #limit: number;
  /** In the order in which they came. */
  readonly #lingering = new Set<LingeringClose>();

  /** So many at once; then the oldest goes. */
  constructor(limit: number = LIMIT) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#lingering.size;
  }

  enter(close: LingeringClose): void {
    this.#lingering.add(close);
    if (this.#lingering.size > this.#limit) this.#lingering.values().next().value?.giveUp();
  }

  leave(close: LingeringClose): void {
    this.#lingering.delete(close);
  }
}

const THREAD_ROOM = new LingerRoom();

export interface LingerOptions {
  readonly wheel: TimerWheel;
  /** How long the client may take to accept what is still to be sent. */
  readonly sendTimeoutMs: number;
  /** One of `LINGER_SILENCE_MS`. */
  readonly silenceMs: number;
  readonly onClosed: () => void;
  /** That of the thread unless a test says otherwise. */
  readonly room?: LingerRoom;
}

/**
 * The end of a client connection after its last response: our side is ended, and what the client still sends is read and thrown
 * away, because closing on unread bytes makes TCP send a reset that can eat the response (RFC 9112 §9.6). That costs no memory, so
 * it is bounded in time and in the number of such connections, not in bytes.
 */
export class LingeringClose implements SocketSink {
  readonly #port: SocketPort;
  readonly #options: LingerOptions;
  readonly #room: LingerRoom;
  readonly #deadline: Deadline;
  #silenceMs: number;
  /** When it is over in any case; 0 while something is still to be sent. */
  #endMs = 0;

  constructor(port: SocketPort, options: LingerOptions) {
    this.#port = port;
    this.#options = options;
    this.#room = options.room ?? THREAD_ROOM;
    this.#silenceMs = options.silenceMs;
    this.#deadline = new Deadline(() => this.giveUp());
  }

  /** Takes the socket over. */
  begin(): void {
    const { wheel, sendTimeoutMs } = this.#options;
    this.#port.sink = this;
    this.#room.enter(this);
    wheel.arm(this.#deadline, sendTimeoutMs);
    this.#port.socket.end(() => this.#sent());
    this.#port.resume();
  }

  /** Closes at once. */
  giveUp(): void {
    this.#room.leave(this);
    this.#port.socket.destroy();
  }

  onSocketData(): void {
    // A client that goes on sending is in the midst of it.
    this.#silenceMs = LINGER_SILENCE_MS.sending;
    this.#wait();
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
    this.#options.wheel.disarm(this.#deadline);
    this.#room.leave(this);
    this.#options.onClosed();
  }

  #sent(): void {
    if (!this.#deadline.armed) return;
    this.#endMs = this.#options.wheel.clock.monotonicMs() + LINGER_MS;
    this.#wait();
  }

  #wait(): void {
    if (this.#endMs === 0) return;
    const { wheel } = this.#options;
    wheel.arm(this.#deadline, Math.min(this.#silenceMs, this.#endMs - wheel.clock.monotonicMs()));
  }
}

const SILENT: SocketSink = {
  onSocketData: () => {},
  onSocketEnd: () => {},
  onSocketDrain: () => {},
  onSocketError: () => {},
  onSocketClose: () => {},
};

/** Takes over a socket on which no HTTP is spoken, sends its client some last latin1 text, and closes it. */
export function closeWithText(socket: Socket, text: string, wheel: TimerWheel): void {
  const port = new SocketPort(socket, SILENT);
  port.read();
  port.writer.text(text);
  const silenceMs = LINGER_SILENCE_MS.sending;
  new LingeringClose(port, { wheel, sendTimeoutMs: LINGER_MS, silenceMs, onClosed: () => {} }).begin();
}
