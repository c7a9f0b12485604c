import { nextTick } from "node:process";
import type { DescriptorQuota } from "../../lib/descriptor-quota.ts";
import type { ConnectEvents, Dial, PendingConnection, TimerWheel, WireError } from "../../wire/wire.ts";
import type { IdleConnections } from "./idle-connections.ts";

/** A connection, as far as its end matters here. */
interface Closable {
  onClosed: (() => void) | null;
}

type Connect<Connection extends Closable> = (
  dial: Dial,
  connectMs: number,
  wheel: TimerWheel,
  events: ConnectEvents<Connection>,
) => PendingConnection;

const NOTHING_LEFT: WireError = {
  code: "no-descriptors",
  detail: "no descriptor is left for another connection",
  requestSent: false,
  responseStarted: false,
};

/** Dials within a share of the process' descriptors. Where that is used up, the longest idle connection makes room; without one the dial fails. */
export function boundDial<Connection extends Closable>(
  connect: Connect<Connection>,
  quota: DescriptorQuota,
  idle: IdleConnections,
): Connect<Connection> {
  return (dial, connectMs, wheel, events) => {
    const lease = new Lease(quota, events);
    if (quota.take()) lease.pending = connect(dial, connectMs, wheel, lease);
    else if (idle.discardOldest()) {
      // Its descriptor is free at once, though it is counted until its end is told.
      quota.add();
      lease.pending = connect(dial, connectMs, wheel, lease);
    } else lease.refuse();
    return lease;
  };
}

/** A counted connection, from the dial to its close. */
class Lease<Connection extends Closable> implements ConnectEvents<Connection>, PendingConnection {
  pending: PendingConnection | null = null;
  readonly #quota: DescriptorQuota;
  readonly #events: ConnectEvents<Connection>;
  /** An event came, or none is wanted any more. */
  #settled = false;

  constructor(quota: DescriptorQuota, events: ConnectEvents<Connection>) {
    this.#quota = quota;
    this.#events = events;
  }

  refuse(): void {
    nextTick(() => {
      if (this.#settled) return;
      this.#settled = true;
      this.#events.onFailed(NOTHING_LEFT);
    });
  }

  cancel(): void {
    if (this.#settled) return;
    this.#settled = true;
    if (this.pending === null) return;
    this.pending.cancel();
    this.#quota.give();
  }

  onConnected(connection: Connection): void {
    this.#settled = true;
    this.#events.onConnected(connection);
    const { onClosed } = connection;
    connection.onClosed = () => {
      this.#quota.give();
      onClosed?.();
    };
  }

  onFailed(error: WireError): void {
    this.#settled = true;
    this.#quota.give();
    this.#events.onFailed(error);
  }
}
