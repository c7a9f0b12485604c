import type {
  ConnectEvents,
  Dial,
  EndpointConnection,
  Http1Connection,
  PendingConnection,
  WireError,
} from "../../wire/wire.ts";
import type { EndpointPool } from "./endpoint-pool.ts";
import type { IdleConnection } from "./idle-connections.ts";
import type { PoolContext } from "./pool-context.ts";

/** A backend that says when it will hang up is left this much earlier, so that no request races with its FIN. */
const HINT_MARGIN_MS = 1_000;

/**
 * Keep-alive HTTP/1.1 connections to one endpoint, all with or all without TLS. The most recently used one is taken first, so that surplus ones
 * grow old and go. Nothing queues: where none is idle, a new connection is opened.
 */
export class ConnectionPool implements EndpointPool {
  readonly #dial: Dial;
  readonly #context: PoolContext;
  readonly #idle: PooledConnection[] = [];
  #retired = false;

  constructor(dial: Dial, context: PoolContext) {
    this.#dial = dial;
    this.#context = context;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** An idle connection that is still good, or null. It is the caller's until it becomes idle again. */
  take(): Http1Connection | null {
    const nowMs = this.#context.clock.monotonicMs();
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      this.#context.idle.remove(entry);
      if (entry.connection.idle && entry.expiresAtMs > nowMs) return entry.connection;
      entry.connection.destroy();
    }
    return null;
  }

  connect(connectMs: number, events: ConnectEvents<EndpointConnection>): PendingConnection {
    const adoption = new PooledConnect(this, events);
    adoption.pending = this.#context.connect(this.#dial, connectMs, this.#context.wheel, adoption);
    return adoption;
  }

  /** Takes a new connection under the pool's care: from now on it comes back here whenever it is idle. */
  adopt(connection: Http1Connection): void {
    const entry = new PooledConnection(connection, this);
    connection.onIdle = () => this.#release(entry);
    connection.onClosed = () => this.forget(entry);
  }

  /** Closes what is idle; what is in use finishes its request and is then closed. */
  retire(): void {
    this.#retired = true;
    while (this.#idle.length > 0) this.#idle.at(-1)?.discard();
  }

  /** Takes an idle connection out. */
  forget(entry: PooledConnection): void {
    const index = this.#idle.lastIndexOf(entry);
    if (index === -1) return;
    this.#idle.splice(index, 1);
    this.#context.idle.remove(entry);
  }

  #release(entry: PooledConnection): void {
    const { keepalive, clock, idle } = this.#context;
    const { connection } = entry;
    const lifeMs = idleLifeMs(keepalive.timeoutMs, connection.keepAliveHintMs);
    const worn = connection.requestsServed >= keepalive.requests;
    if (this.#retired || worn || lifeMs <= 0 || keepalive.connections <= 0) {
      connection.destroy();
      return;
    }
    entry.expiresAtMs = clock.monotonicMs() + lifeMs;
    this.#idle.push(entry);
    idle.add(entry, keepalive.connections);
  }
}

/** Hands a new connection to its pool before the requester gets it. */
class PooledConnect implements ConnectEvents<Http1Connection>, PendingConnection {
  pending: PendingConnection | null = null;
  readonly #pool: ConnectionPool;
  readonly #events: ConnectEvents<EndpointConnection>;
  #cancelled = false;

  constructor(pool: ConnectionPool, events: ConnectEvents<EndpointConnection>) {
    this.#pool = pool;
    this.#events = events;
  }

  cancel(): void {
    this.#cancelled = true;
    this.pending?.cancel();
  }

  onConnected(connection: Http1Connection): void {
    if (this.#cancelled) {
      connection.destroy();
      return;
    }
    this.#pool.adopt(connection);
    this.#events.onConnected(connection);
  }

  onFailed(error: WireError): void {
    this.#events.onFailed(error);
  }
}

class PooledConnection implements IdleConnection {
  readonly connection: Http1Connection;
  readonly #pool: ConnectionPool;
  expiresAtMs = 0;
  newer: IdleConnection | null = null;
  older: IdleConnection | null = null;

  constructor(connection: Http1Connection, pool: ConnectionPool) {
    this.connection = connection;
    this.#pool = pool;
  }

  discard(): void {
    this.#pool.forget(this);
    this.connection.destroy();
  }
}

function idleLifeMs(timeoutMs: number, hintMs: number | null): number {
  return hintMs === null ? timeoutMs : Math.min(timeoutMs, hintMs - HINT_MARGIN_MS);
}
