/** Door of the listeners: sockets that take client connections and bring them to HTTP. */
import type { Socket, SocketPlan, SocketReport } from "../../model/socket.ts";
import { Deadline } from "../../wire/wire.ts";
import { type OpenSocket, openSocket, type SocketDeps } from "./open-socket.ts";
import type { ListenerTable } from "./listener-table.ts";
import type { SocketPlace } from "./serving-listener.ts";

/** How long connections of a socket that is closed may finish what they have: ingress-nginx's `worker-shutdown-timeout`. */
const CLOSED_LIMIT_MS = 240_000;
/** Between two attempts to bind a socket: doubled from the first to the last. */
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 10_000;

export interface SocketsOptions extends SocketDeps {
  readonly onReport: (report: SocketReport) => void;
  /** Told of the sockets before they are opened. */
  readonly listeners: ListenerTable;
}

/**
 * All sockets of a data plane. Each is opened, changed and closed by itself: connections of the others notice nothing, and neither do
 * its own when only its listener or its declared port changes.
 */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #wanted = new Map<string, WantedSocket>();
  /** Closed, but with connections that finish what they have. */
  readonly #leaving = new Set<WantedSocket>();
  #onEmpty: (() => void) | null = null;

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  /** Bound ports by the socket's id. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.#wanted].map(([id, wanted]) => [id, wanted.port]));
  }

  get connections(): number {
    return this.#all.reduce((sum, one) => sum + one.connections, 0);
  }

  /** Opens every socket of the plan, or none: rejects when one cannot be bound. Called once, before `set`. */
  async open(plan: SocketPlan): Promise<void> {
    this.#options.listeners.setSockets(plan.sockets);
    for (const socket of plan.sockets) await this.#want(socket, plan.version).open();
  }

  /** Makes the sockets those of the plan. The result for each that is new, changed or gone is reported. */
  set(plan: SocketPlan): void {
    this.#options.listeners.setSockets(plan.sockets);
    const sockets = new Map(plan.sockets.map((socket) => [socket.id, socket]));
    for (const [id, wanted] of this.#wanted) {
      const socket = sockets.get(id);
      if (socket === undefined) this.#close(wanted, plan.version);
      else if (!wanted.isBoundBy(socket)) void this.#leave(wanted);
    }
    for (const socket of plan.sockets) {
      if (!this.#wanted.has(socket.id)) void this.#want(socket, plan.version).keepTrying();
    }
  }

  /** Every port is free at once; resolves when the last connection is closed too. */
  async stopAccepting(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.stopAccepting()));
  }

  /** Resolves when no connection is left, each having finished what it had in flight, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.#onEmpty = () => {
      if (this.connections === 0) resolve();
    };
    for (const one of this.#all) one.drain();
    this.#onEmpty();
    await promise;
    clearTimeout(timer);
  }

  /** Closes every connection at once. */
  destroy(): void {
    for (const one of this.#all) one.destroy();
  }

  get #all(): readonly WantedSocket[] {
    return [...this.#wanted.values(), ...this.#leaving];
  }

  #want(socket: Socket, version: number): WantedSocket {
    const wanted = new WantedSocket(socket, version, this.#options);
    wanted.onEmpty = () => this.#onEmpty?.();
    this.#wanted.set(socket.id, wanted);
    return wanted;
  }

  #close(wanted: WantedSocket, version: number): void {
    const { onReport } = this.#options;
    const socket = wanted.id;
    void this.#leave(wanted).then(() => onReport({ socket, state: "closed", port: 0, reason: "", version }));
  }

  /** Stops to take connections; those that are there drain. Resolves when none is left. */
  async #leave(wanted: WantedSocket): Promise<void> {
    this.#wanted.delete(wanted.id);
    this.#leaving.add(wanted);
    const { wheel } = this.#options;
    const limit = new Deadline(() => wanted.destroy());
    const stopped = wanted.stopAccepting();
    wheel.arm(limit, CLOSED_LIMIT_MS);
    wanted.drain();
    await stopped;
    wheel.disarm(limit);
    this.#leaving.delete(wanted);
  }
}

/** A socket from the moment that it is wanted until its last connection is closed. */
class WantedSocket {
  onEmpty: (() => void) | null = null;
  readonly #socket: Socket;
  readonly #version: number;
  readonly #options: SocketsOptions;
  readonly #place: SocketPlace;
  readonly #retry = new Deadline(() => void this.keepTrying());
  #opened: OpenSocket | null = null;
  #opening: Promise<OpenSocket> | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  #reason = "";
  #isOver = false;

  constructor(socket: Socket, version: number, options: SocketsOptions) {
    this.#socket = socket;
    this.#version = version;
    this.#options = options;
    this.#place = options.listeners.placeOf(socket.id);
  }

  get id(): string {
    return this.#socket.id;
  }

  /** 0 while it is not bound. */
  get port(): number {
    return this.#opened?.port ?? 0;
  }

  get connections(): number {
    return this.#opened?.connections ?? 0;
  }

  /** Whether that socket is bound as this one is. */
  isBoundBy({ address, port }: Socket): boolean {
    return address === this.#socket.address && (port === this.#socket.port || port === this.port);
  }

  /** Rejects with one sentence when it cannot be bound. */
  async open(): Promise<void> {
    this.#opening = openSocket(this.#socket, this.#place, this.#options);
    const opened = await this.#opening;
    opened.onEmpty = () => this.onEmpty?.();
    this.#opened = opened;
  }

  /** Binds it now or later. Never rejects. */
  async keepTrying(): Promise<void> {
    try {
      await this.open();
      this.#report("bound", "");
    } catch (error) {
      if (this.#isOver) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#reason) this.#report("failed", reason);
      this.#reason = reason;
      this.#options.wheel.arm(this.#retry, this.#pauseMs);
      this.#pauseMs = Math.min(2 * this.#pauseMs, LAST_PAUSE_MS);
    }
  }

  async stopAccepting(): Promise<void> {
    this.#isOver = true;
    this.#options.wheel.disarm(this.#retry);
    const opened = this.#opened ?? (await this.#opening?.catch(() => null)) ?? null;
    await opened?.stopAccepting();
  }

  drain(): void {
    this.#opened?.drain();
  }

  destroy(): void {
    this.#opened?.destroy();
  }

  #report(state: "bound" | "failed", reason: string): void {
    if (this.#isOver) return;
    this.#options.onReport({ socket: this.id, state, port: this.port, reason, version: this.#version });
  }
}
