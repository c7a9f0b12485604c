import { type AddressInfo, createServer, type Server, type Socket as ClientSocket } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import type { DescriptorQuota } from "../../lib/descriptor-quota.ts";
import type { Logger } from "../../lib/logger.ts";
import type { DataPlaneSettings } from "../../model/settings.ts";
import type { Socket } from "../../model/socket.ts";
import type { CertificateIndex } from "../../tls/tls.ts";
import type { RequestAcceptor, TimerWheel } from "../../wire/wire.ts";
import type { AcceptedConnection, ConnectionContext } from "./accepted-connection.ts";
import { openPlainConnection } from "./plain-connection.ts";
import type { SocketPlace } from "./serving-listener.ts";
import type { StartGate } from "./start-gate.ts";
import { openTlsConnection } from "./tls-connection.ts";
import { type WireOptions, WireOptionsSource } from "./wire-options.ts";

export interface SocketDeps {
  readonly acceptor: RequestAcceptor;
  readonly certificates: CertificateIndex;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** Asked for each new connection. */
  readonly settings: () => DataPlaneSettings;
  /** Connections above this are closed as they come; the default is ingress-nginx's `max-worker-connections`. */
  readonly maxConnections?: number;
  /** `shared`: others may bind the same port in the same way, and the kernel deals connections out among them. */
  readonly binding?: "exclusive" | "shared";
  /** Where connections wait until there is something to serve; null or absent: they do not. */
  readonly gate?: StartGate | null;
  /** Two cells: connections that are open, and accepted so far, which another thread may read. */
  readonly gauge?: Int32Array;
  /** Connections count here; those above it are closed as they come. Null or absent: only `maxConnections` is a limit. */
  readonly descriptors?: DescriptorQuota | null;
}

/** A socket that takes connections. */
export interface OpenSocket {
  /** The bound port. */
  readonly port: number;
  readonly connections: number;
  /** Called whenever the last open connection has closed. */
  onEmpty: (() => void) | null;
  /** Frees the port at once; resolves when the last connection is closed too. May be called again. */
  stopAccepting(): Promise<void>;
  /** Every connection finishes what is in flight, then closes. Meant to follow `stopAccepting`. */
  drain(): void;
  /** Closes every connection at once. */
  destroy(): void;
}

const MAX_CONNECTIONS = 16_384;
const KEEP_ALIVE_PROBE_MS = 60_000;
const BACKLOG = 4096;

/** Binds and starts to accept; connections that come where no listener is are closed. Rejects with one sentence that names address and reason when the address cannot be bound. */
export async function openSocket(socket: Socket, place: SocketPlace, deps: SocketDeps): Promise<OpenSocket> {
  const opened = new ListeningSocket(socket, place, deps);
  await opened.listen();
  return opened;
}

class ListeningSocket implements OpenSocket, ConnectionContext {
  readonly place: SocketPlace;
  readonly acceptor: RequestAcceptor;
  readonly certificates: CertificateIndex;
  readonly logger: Logger;
  readonly wheel: TimerWheel;
  onEmpty: (() => void) | null = null;
  readonly #config: Socket;
  readonly #clock: Clock;
  readonly #binding: "exclusive" | "shared";
  readonly #gauge: Int32Array;
  readonly #server: Server;
  readonly #connections = new Set<AcceptedConnection>();
  readonly #options: WireOptionsSource;
  readonly #descriptors: DescriptorQuota | null;
  #stopped: Promise<void> | null = null;
  #droppedNoteMs = Number.NEGATIVE_INFINITY;
  #lastId = 0;

  constructor(socket: Socket, place: SocketPlace, deps: SocketDeps) {
    this.place = place;
    this.acceptor = deps.acceptor;
    this.certificates = deps.certificates;
    this.logger = deps.logger;
    this.wheel = deps.wheel;
    this.#config = socket;
    this.#clock = deps.clock;
    this.#binding = deps.binding ?? "exclusive";
    this.#gauge = deps.gauge ?? new Int32Array(2);
    this.#options = new WireOptionsSource(deps.settings, deps.wheel);
    const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS };
    const { gate = null } = deps;
    const accept = (client: ClientSocket): void => this.#accept(client);
    const pass = gate === null ? accept : (client: ClientSocket): void => gate.pass(client, accept);
    this.#descriptors = deps.descriptors ?? null;
    this.#server = createServer(
      socketOptions,
      this.#descriptors === null ? pass : (client) => this.#count(client, pass),
    );
    this.#server.maxConnections = deps.maxConnections ?? MAX_CONNECTIONS;
    this.#server.on("drop", () => this.#noteDropped());
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get options(): WireOptions {
    return this.#options.current;
  }

  nextId(): number {
    this.#lastId++;
    return this.#lastId;
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const server = this.#server;
    const onFailed = (error: NodeJS.ErrnoException): void => reject(new Error(describeFailure(this.#config, error)));
    server.once("error", onFailed);
    const { address, port } = this.#config;
    const reusePort = this.#binding === "shared";
    server.listen({ port, reusePort, backlog: BACKLOG, ...(address === "" ? {} : { host: address }) }, resolve);
    await promise;
    server.off("error", onFailed);
    server.on("error", (error: NodeJS.ErrnoException) => this.#noteFailed(error));
  }

  stopAccepting(): Promise<void> {
    if (this.#stopped !== null) return this.#stopped;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopped = promise;
    this.#server.close(() => resolve());
    return promise;
  }

  drain(): void {
    for (const connection of this.#connections) connection.drain();
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** What is kept back for endpoints and for the admin server is not given to clients, however many come. */
  #count(socket: ClientSocket, pass: (socket: ClientSocket) => void): void {
    if (this.#descriptors?.take() === false) {
      socket.on("error", () => {});
      socket.destroy();
      this.#noteDropped();
      return;
    }
    socket.on("close", () => this.#descriptors?.give());
    pass(socket);
  }

  #accept(socket: ClientSocket): void {
    const connection = this.#begin(socket);
    if (connection === null) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    this.#connections.add(connection);
    Atomics.add(this.#gauge, 0, 1);
    Atomics.add(this.#gauge, 1, 1);
    socket.on("close", () => this.#forget(connection));
  }

  #begin(socket: ClientSocket): AcceptedConnection | null {
    const { head } = this.place.listeners;
    if (head === null) return null;
    return head.traffic === "http" ? openPlainConnection(socket, this, head) : openTlsConnection(socket, this, head);
  }

  #forget(connection: AcceptedConnection): void {
    this.#connections.delete(connection);
    Atomics.sub(this.#gauge, 0, 1);
    if (this.#connections.size === 0) this.onEmpty?.();
  }

  #noteDropped(): void {
    const limit = Math.min(this.#server.maxConnections, this.#descriptors?.limit ?? Number.POSITIVE_INFINITY);
    this.#note(() => this.logger.warn({ socket: this.#config.id, limit }, "too many connections: new ones are closed"));
  }

  #noteFailed({ code }: NodeJS.ErrnoException): void {
    this.#note(() => this.logger.error({ socket: this.#config.id, code }, "cannot accept connections"));
  }

  /** Once a minute at most: who floods us must not flood the log. */
  #note(log: () => void): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#droppedNoteMs < 60_000) return;
    this.#droppedNoteMs = nowMs;
    log();
  }
}

const BIND_FAILURES: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another process listens there already"],
  ["EACCES", "ports below 1024 need more rights (CAP_NET_BIND_SERVICE)"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["ENOTSUP", "this system lets no two workers share a port; run one: --worker-processes 1"],
]);

function describeFailure(socket: Socket, error: NodeJS.ErrnoException): string {
  const host = socket.address.includes(":") ? `[${socket.address}]` : socket.address;
  const reason = BIND_FAILURES.get(error.code ?? "") ?? error.message;
  return `cannot listen on ${host === "" ? "*" : host}:${socket.port} (${socket.id}): ${reason}`;
}
