import type {
  ConnectEvents,
  Dial,
  EndpointConnection,
  Http2Session,
  PendingConnection,
  WireError,
} from "../../wire/wire.ts";
import type { EndpointPool } from "./endpoint-pool.ts";
import type { IdleConnection } from "./idle-connections.ts";
import type { PoolContext } from "./pool-context.ts";

/**
 * HTTP/2 connections to one endpoint. Requests share the first one that has room; one that is being opened is waited for, so
 * that a burst of requests does not open a connection each.
 */
export class Http2Pool implements EndpointPool, ConnectEvents<Http2Session> {
  readonly #dial: Dial;
  readonly #context: PoolContext;
  readonly #sessions: PooledSession[] = [];
  readonly #waiting = new Set<Waiting>();
  #dialing: PendingConnection | null = null;
  #retired = false;

  constructor(dial: Dial, context: PoolContext) {
    this.#dial = dial;
    this.#context = context;
  }

  take(): EndpointConnection | null {
    for (const entry of this.#sessions) {
      if (!entry.session.usable) continue;
      this.#context.idle.remove(entry);
      if (entry.session.requestsServed < this.#context.keepalive.requests) return entry.session;
      entry.session.drain();
    }
    return null;
  }

  connect(connectMs: number, events: ConnectEvents<EndpointConnection>): PendingConnection {
    const waiting = new Waiting(connectMs, events, (one) => this.#leave(one));
    this.#waiting.add(waiting);
    this.#dialing ??= this.#open(waiting);
    return waiting;
  }

  retire(): void {
    this.#retired = true;
    for (const { session } of this.#sessions) session.drain();
  }

  onConnected(session: Http2Session): void {
    this.#dialing = null;
    this.#adopt(session);
    if (!session.usable) this.#disappoint();
    for (const waiting of this.#waiting) {
      if (!session.usable) break;
      this.#waiting.delete(waiting);
      waiting.events.onConnected(session);
    }
    // More than one connection holds.
    const [first] = this.#waiting;
    if (first !== undefined) this.#dialing ??= this.#open(first);
    if (session.openStreams === 0) this.#rest(session);
  }

  onFailed(error: WireError): void {
    this.#dialing = null;
    const failed = [...this.#waiting];
    this.#waiting.clear();
    for (const { events } of failed) events.onFailed(error);
  }

  /** Takes a closed session, or one that was idle for too long, out. */
  forget(entry: PooledSession): void {
    this.#context.idle.remove(entry);
    const index = this.#sessions.indexOf(entry);
    if (index !== -1) this.#sessions.splice(index, 1);
  }

  /** The connection takes no request at all: its first request does not wait for another one, which would be the same. */
  #disappoint(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    first.events.onFailed(TAKES_NOTHING);
  }

  #open({ connectMs }: Waiting): PendingConnection {
    return this.#context.connectHttp2(this.#dial, connectMs, this.#context.wheel, this);
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size > 0) return;
    this.#dialing?.cancel();
    this.#dialing = null;
  }

  #adopt(session: Http2Session): void {
    const entry = new PooledSession(session, this);
    this.#sessions.push(entry);
    session.onIdle = () => this.#rest(session);
    session.onClosed = () => this.forget(entry);
  }

  #rest(session: Http2Session): void {
    const { keepalive, clock, idle } = this.#context;
    const entry = this.#sessions.find((one) => one.session === session);
    if (entry === undefined) return;
    if (this.#retired || keepalive.http2TimeoutMs <= 0 || keepalive.connections <= 0) {
      session.drain();
      return;
    }
    entry.expiresAtMs = clock.monotonicMs() + keepalive.http2TimeoutMs;
    idle.add(entry, keepalive.connections);
  }
}

const TAKES_NOTHING: WireError = {
  code: "connect-failed",
  detail: "the endpoint takes no requests on a new connection",
  requestSent: false,
  responseStarted: false,
};

class PooledSession implements IdleConnection {
  readonly session: Http2Session;
  readonly #pool: Http2Pool;
  expiresAtMs = 0;
  newer: IdleConnection | null = null;
  older: IdleConnection | null = null;

  constructor(session: Http2Session, pool: Http2Pool) {
    this.session = session;
    this.#pool = pool;
  }

  discard(): void {
    this.#pool.forget(this);
    this.session.drain();
  }
}

/** A request that waits for a connection. */
class Waiting implements PendingConnection {
  readonly connectMs: number;
  readonly events: ConnectEvents<EndpointConnection>;
  readonly #onCancel: (waiting: Waiting) => void;

  constructor(connectMs: number, events: ConnectEvents<EndpointConnection>, onCancel: (waiting: Waiting) => void) {
    this.connectMs = connectMs;
    this.events = events;
    this.#onCancel = onCancel;
  }

  cancel(): void {
    this.#onCancel(this);
  }
}
