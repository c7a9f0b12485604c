import type { ModelDelta } from "../model/model.ts";
import type { Socket, SocketPlan, SocketReport } from "../model/socket.ts";

/**
 * The sockets of all workers, seen from the main thread: what each of them is to open, and what has come of it in all of them. Where the
 * system chooses a port, one worker finds it and the others bind the same.
 */
export class SocketBook {
  readonly #onReport: (report: SocketReport) => void;
  /** Ids of the sockets without which a worker cannot serve. */
  readonly #needed: ReadonlySet<string>;
  /** Workers that take connections. */
  readonly #workers = new Set<number>();
  /** What each worker said last of each socket that is wanted or not yet closed. */
  readonly #states = new Map<string, Map<number, SocketReport>>();
  readonly #chosenPorts = new Map<string, number>();
  /** What was reported last, by the socket's id. */
  readonly #reported = new Map<string, string>();
  #plan: SocketPlan;

  /** With the sockets of the start. */
  constructor(sockets: readonly Socket[], onReport: (report: SocketReport) => void) {
    this.#plan = { version: 0, sockets };
    this.#onReport = onReport;
    this.#needed = new Set(sockets.map(({ id }) => id));
  }

  /** Bound ports by the socket's id. */
  get ports(): ReadonlyMap<string, number> {
    return new Map(this.#plan.sockets.map((socket) => [socket.id, this.#portOf(socket)]));
  }

  /** What a new worker opens before it counts as one: sockets that were there at the start and still are. */
  get neededPlan(): SocketPlan {
    return { ...this.#plan, sockets: this.#sockets.filter(({ id }) => this.#needed.has(id)) };
  }

  /** What that worker is to open now. */
  planOf(worker: number): SocketPlan {
    const [chooser] = this.#workers;
    const isOpen = ({ port }: Socket): boolean => port !== 0 || worker === chooser;
    return { ...this.#plan, sockets: this.#sockets.filter(isOpen) };
  }

  apply({ version, sockets }: Pick<ModelDelta, "version" | "sockets">): void {
    const wanted = new Map<string, Socket | null>(this.#plan.sockets.map((socket) => [socket.id, socket]));
    for (const [id, socket] of sockets) wanted.set(id, socket);
    this.#change({ version, sockets: [...wanted.values()].filter((socket) => socket !== null) });
  }

  #change(plan: SocketPlan): void {
    const before = new Map(this.#plan.sockets.map((socket) => [socket.id, socket]));
    const after = new Set(plan.sockets.map(({ id }) => id));
    this.#plan = plan;
    for (const socket of plan.sockets) if (!isBoundAlike(before.get(socket.id), socket)) this.#forget(socket.id);
    for (const id of before.keys()) {
      if (after.has(id)) continue;
      this.#chosenPorts.delete(id);
      this.#settle(id);
    }
  }

  /** A worker has opened the needed sockets, at these ports. */
  join(worker: number, ports: Iterable<readonly [socket: string, port: number]>): void {
    this.#workers.add(worker);
    const { version } = this.#plan;
    for (const [socket, port] of ports) this.take(worker, { socket, state: "bound", port, reason: "", version });
  }

  /** A worker takes no more connections, or is gone. True when others are to open something in its place. */
  leave(worker: number): boolean {
    const [chooser] = this.#workers;
    this.#workers.delete(worker);
    for (const [socket, states] of this.#states) {
      states.delete(worker);
      this.#settle(socket);
    }
    return worker === chooser && this.#sockets.some(({ port }) => port === 0);
  }

  /** What a worker says of one of its sockets. True when the others can bind the port now that is known. */
  take(worker: number, report: SocketReport): boolean {
    const { socket: id, state, port } = report;
    const states = this.#states.get(id) ?? new Map<number, SocketReport>();
    this.#states.set(id, states);
    if (state === "closed") states.delete(worker);
    else if (this.#workers.has(worker)) states.set(worker, report);
    const socket = this.#plan.sockets.find((one) => one.id === id);
    const isNews = state === "bound" && socket?.port === 0 && !this.#chosenPorts.has(id);
    if (isNews) this.#chosenPorts.set(id, port);
    this.#settle(id);
    return isNews;
  }

  get #sockets(): readonly Socket[] {
    return this.#plan.sockets.map((socket) => ({ ...socket, port: this.#portOf(socket) }));
  }

  #portOf({ id, port }: Socket): number {
    return port === 0 ? (this.#chosenPorts.get(id) ?? 0) : port;
  }

  /** Of a socket that is bound anew, what was said before is no more true. */
  #forget(id: string): void {
    this.#chosenPorts.delete(id);
    this.#states.delete(id);
    this.#reported.delete(id);
  }

  /** Reports what is true of a socket in all workers, when that is something and has changed. */
  #settle(id: string): void {
    const report = this.#summary(id);
    if (report === null) return;
    const text = JSON.stringify({ ...report, version: 0 });
    if (this.#reported.get(id) === text) return;
    this.#reported.set(id, text);
    if (report.state === "closed") this.#forget(id);
    this.#onReport(report);
  }

  #summary(id: string): SocketReport | null {
    const { version } = this.#plan;
    const states = [...(this.#states.get(id)?.values() ?? [])];
    if (!this.#plan.sockets.some((socket) => socket.id === id))
      return states.length > 0 ? null : { socket: id, state: "closed", port: 0, reason: "", version };
    const failed = states.find(({ state }) => state === "failed");
    if (failed !== undefined) return { ...failed, version };
    const [first] = states;
    return first === undefined || states.length < this.#workers.size ? null : { ...first, version };
  }
}

function isBoundAlike(before: Socket | undefined, after: Socket): boolean {
  return before?.address === after.address && before.port === after.port;
}
