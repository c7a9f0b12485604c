import { type ClientHttp2Session, connect as connectSession, type SecureClientSessionOptions } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connectFailure, dialTls, tcpTarget } from "../socket/dial.ts";
import type { ConnectEvents, Dial, PendingConnection } from "../seam/client.ts";
import type { WireError } from "../seam/rules.ts";
import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";
import { Http2Session } from "./client-session.ts";

const KEEP_ALIVE_PROBE_MS = 60_000;
const HEAD_LIMIT_BYTES = 65_536;
/** For fields that are nearly empty; otherwise bytes are what counts. */
const FIELD_LIMIT = 1000;
/** For all streams of a connection together; each has its own 64 KiB. */
const SESSION_WINDOW_BYTES = 1_048_576;

const SESSION_OPTIONS: SecureClientSessionOptions = {
  settings: { enablePush: false, initialWindowSize: 65_535, maxFrameSize: 16_384, maxHeaderListSize: HEAD_LIMIT_BYTES },
  maxHeaderListPairs: FIELD_LIMIT,
  maxSessionMemory: 32,
  maxReservedRemoteStreams: 0,
  maxSettings: 32,
};

/**
 * Opens an HTTP/2 connection to an endpoint within `connectMs`: TCP, the TLS handshake where asked for (ALPN `h2`), and the
 * endpoint's first SETTINGS, which prove that it speaks HTTP/2 and say how many requests it takes at a time. Without TLS both
 * sides just begin (prior knowledge, RFC 9113 §3.3), as gRPC does.
 */
export function connectHttp2(
  dial: Dial,
  connectMs: number,
  wheel: TimerWheel,
  events: ConnectEvents<Http2Session>,
): PendingConnection {
  return new Connecting(dial, connectMs, wheel, events);
}

class Connecting implements PendingConnection {
  readonly #dial: Dial;
  readonly #wheel: TimerWheel;
  readonly #events: ConnectEvents<Http2Session>;
  readonly #deadline: Deadline;
  readonly #startMs: number;
  readonly #socket: Socket;
  #session: ClientHttp2Session | null = null;
  #over = false;
  /** The TCP connection stands; what fails from here on is TLS or HTTP/2. */
  #reached = false;

  constructor(dial: Dial, connectMs: number, wheel: TimerWheel, events: ConnectEvents<Http2Session>) {
    this.#dial = dial;
    this.#wheel = wheel;
    this.#events = events;
    this.#startMs = wheel.clock.monotonicMs();
    this.#deadline = new Deadline(() => this.#fail("connect-timeout", "no connection in time"));
    wheel.arm(this.#deadline, connectMs);
    this.#socket = this.#open();
  }

  cancel(): void {
    if (this.#finish()) this.#destroy();
  }

  #open(): Socket {
    const dial = this.#dial;
    const socket = dial.tls === null ? connectTcp(tcpTarget(dial)) : dialTls(dial, dial.tls, ["h2"]);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    socket.on("error", (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.once("close", () => this.#fail(this.#failure(), "closed while connecting"));
    socket.once("connect", () => {
      this.#reached = true;
      if (dial.tls === null) this.#start();
    });
    if (dial.tls !== null) socket.once("secureConnect", () => this.#start());
    return socket;
  }

  #start(): void {
    if (this.#over) return;
    const scheme = this.#dial.tls === null ? "http" : "https";
    const socket = this.#socket;
    const session = connectSession(`${scheme}://endpoint`, { ...SESSION_OPTIONS, createConnection: () => socket });
    this.#session = session;
    session.on("error", (error: NodeJS.ErrnoException) => this.#onError(error));
    session.once("connect", () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
    session.once("remoteSettings", () => this.#succeed(session));
    session.once("close", () => this.#fail("connect-failed", "closed before the first SETTINGS"));
  }

  #succeed(session: ClientHttp2Session): void {
    if (!this.#finish()) return;
    const elapsedMs = this.#wheel.clock.monotonicMs() - this.#startMs;
    this.#events.onConnected(new Http2Session(session, this.#socket, this.#wheel, elapsedMs));
  }

  #onError(error: NodeJS.ErrnoException): void {
    const { code, detail } = connectFailure(error, this.#failure());
    this.#fail(code, detail);
  }

  #failure(): WireError["code"] {
    return this.#reached && this.#dial.tls !== null && this.#session === null ? "tls-failed" : "connect-failed";
  }

  #fail(code: WireError["code"], detail: string): void {
    if (!this.#finish()) return;
    this.#destroy();
    this.#events.onFailed({ code, detail, requestSent: false, responseStarted: false });
  }

  #destroy(): void {
    this.#session?.destroy();
    this.#socket.destroy();
  }

  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#wheel.disarm(this.#deadline);
    return true;
  }
}
