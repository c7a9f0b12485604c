import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { CPUProfileHandle } from "node:v8";
import { onlyShard } from "../model/delta.ts";
import type { ModelDelta } from "../model/model.ts";
import { ModelCopy } from "../model/model-copy.ts";
import type { WorkersReading } from "../observability/observability.ts";
import { type Ports, portsOf } from "../proxy/proxy.ts";
import { createTicketSecret, loadIssuer, type PemPair } from "../tls/tls.ts";
import { SharedState } from "./shared-state.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import { type FromWorker, GAUGE } from "./messages.ts";
import { type StartedWorker, SpareWorker } from "./spare-worker.ts";
import { acceptedBy, loadOf, readMembers } from "./pool-reading.ts";
import { Publications } from "./publications.ts";
import { RestartDelay } from "./restart-delay.ts";
import { SocketBook } from "./socket-book.ts";
import type { WorkerLoad, Workers, WorkersOptions } from "./workers-contract.ts";

/** Shards in one message to a newcomer: a few milliseconds of the main thread. */
const PIECE_SHARDS = 200;
/** Generation of a delta that no publication waits for: what a newcomer gets before it serves. */
const NO_ANSWER = 0;
/** A worker that met an exception of ours may finish what it has for so long. */
const FAILED_LIMIT_MS = 10_000;
/** A worker that is one too many may finish what it has for so long: ingress-nginx's `worker-shutdown-timeout`. */
const SURPLUS_LIMIT_MS = 240_000;
const TICKET_LIFE_MS = 12 * 3_600_000;

/** Starts the workers. Rejects, and leaves nothing open, when a port cannot be bound. */
export async function openWorkers(options: WorkersOptions): Promise<Workers> {
  const { createSelfSigned } = await loadIssuer();
  const pool = new Pool(options, createSelfSigned(options.clock));
  try {
    await pool.start();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

class Pool implements Workers {
  readonly #options: WorkersOptions;
  readonly #commons: SharedState;
  readonly #nursery: SpareWorker;
  readonly #members = new Set<WorkerHandle>();
  readonly #model = new ModelCopy();
  readonly #publications: Publications;
  readonly #sockets: SocketBook;
  readonly #restartDelay = new RestartDelay();
  readonly #firstLive = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  readonly #ticketTimer: NodeJS.Timeout;
  #started = false;
  /** Of workers that are no more. */
  #droppedBefore = 0;
  #acceptedBefore = 0;
  #restarts = 0;

  constructor(options: WorkersOptions, fallbackCertificate: PemPair) {
    this.#options = options;
    this.#sockets = new SocketBook(options.sockets, options.onSocket);
    this.#commons = new SharedState(options, fallbackCertificate, options.count);
    this.#nursery = new SpareWorker({
      commons: this.#commons,
      spare: options.spare,
      seed: (member) => this.#seed(member),
      heapLimitMb: options.heapLimitMb,
      events: { onMessage: (from, message) => this.#hear(from, message), onGone: (one, end) => this.#onExit(one, end) },
      ...(options.entry === undefined ? {} : { entry: options.entry }),
    });
    this.#publications = new Publications(options.clock, (publication) => {
      options.onLive(publication);
      this.#firstLive.resolve();
      this.#prepareSpare();
    });
    this.#ticketTimer = setInterval(() => this.#rotateTickets(), TICKET_LIFE_MS).unref();
  }

  /** The first one finds out the ports where the system chooses them. */
  async start(): Promise<void> {
    const [first, ...others] = Array.from({ length: this.#options.count }, () => this.#spawn().member);
    if (first !== undefined) await this.#listen(first);
    await Promise.all(others.map((member) => this.#listen(member)));
    this.#started = true;
  }

  get ports(): Ports {
    return portsOf(this.#sockets.ports);
  }

  get openConnections(): number {
    return sumOf(this.#members, ({ boot }) => Atomics.load(boot.gauges, GAUGE.connections));
  }

  get droppedLogLines(): number {
    return this.#droppedBefore + sumOf(this.#members, droppedBy);
  }

  get restarts(): number {
    return this.#restarts;
  }

  get loads(): ReadonlyMap<number, WorkerLoad> {
    return new Map([...this.#members].map(({ id, boot: { gauges } }) => [id, loadOf(gauges)]));
  }

  get reading(): WorkersReading {
    return readMembers(this.#members, { restarts: this.#restarts, acceptedConnections: this.#acceptedBefore });
  }

  get threads(): Workers["threads"] {
    return [...this.#members].map(({ id, boot }) => [String(id), boot.thread] as const);
  }

  get model(): Iterable<ModelDelta> {
    return this.#model.pieces(PIECE_SHARDS);
  }

  async startCpuProfile(worker: number): Promise<CPUProfileHandle> {
    const member = [...this.#members].find(({ id }) => id === worker);
    if (member === undefined) throw new Error(`there is no worker ${worker}`);
    return await member.startCpuProfile();
  }

  apply(delta: ModelDelta, heardAtMs: number): void {
    this.#model.apply(delta);
    const members = [...this.#members].filter(isAtWork);
    const ids = members.map(({ id }) => id);
    const generation = this.#publications.open(delta, heardAtMs, ids);
    for (const member of members) member.post({ kind: "delta", generation, delta });
    this.#nursery.post({ kind: "delta", generation: NO_ANSWER, delta });
    this.#publications.settle();
    if (delta.sockets.size > 0) {
      this.#sockets.apply(delta);
      this.#postSockets();
    }
    const settings = onlyShard(delta.settings);
    if (settings) this.#resize(settings.process.workerProcesses ?? this.#options.count);
  }

  async whenLive(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#firstLive.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async drain(limitMs: number): Promise<void> {
    this.#stop();
    await Promise.all([this.#nursery.close(), ...[...this.#members].map((member) => member.retire(limitMs))]);
  }

  async close(): Promise<void> {
    this.#stop();
    await Promise.all([this.#nursery.close(), ...[...this.#members].map((member) => member.terminate())]);
  }

  #stop(): void {
    this.#stopping.abort();
    clearInterval(this.#ticketTimer);
  }

  #spawn(): StartedWorker {
    const newcomer = this.#nursery.take();
    this.#members.add(newcomer.member);
    return newcomer;
  }

  #hear(member: WorkerHandle, message: FromWorker): void {
    switch (message.kind) {
      case "applied":
        this.#publications.answer(member.id, message.generation, message.error === null ? "applied" : "failed");
        return;
      case "socket":
        if (this.#sockets.take(member.id, message.report)) this.#postSockets();
        return;
      case "series":
        this.#options.onSeries(member.id, message.notice);
        return;
      case "forget":
        this.#options.onForget(member.id, message.ingress);
        return;
      case "failing":
        this.#replaceFailing(member, message.message);
        return;
      case "listening":
      case "not-listening":
      case "closed":
        return;
    }
  }

  /** It still runs, but nobody knows in what state: another takes its place, then it finishes what it has. */
  #replaceFailing(member: WorkerHandle, reason: string): void {
    if (!isAtWork(member)) return;
    member.state = "retiring";
    this.#leave(member);
    const retired = this.#options.binding === "exclusive" ? member.terminate() : Promise.resolve();
    const replaced = retired.then(() => this.#replace(reason));
    void replaced.then(() => member.retire(FAILED_LIMIT_MS)).catch((error: unknown) => this.#complain(error));
  }

  #onExit(member: WorkerHandle, { lost, reason }: { readonly lost: boolean; readonly reason: string }): void {
    if (this.#nursery.releaseIfSpare(member)) return;
    this.#members.delete(member);
    this.#leave(member);
    this.#commons.reclaim(member.boot);
    this.#droppedBefore += droppedBy(member);
    this.#acceptedBefore += acceptedBy(member);
    this.#options.onRetired(member.id);
    if (lost && this.#started && !this.#stopping.signal.aborted) void this.#replace(reason);
  }

  /** Brings up another worker: it gets the model first, and only then listens. Never rejects. */
  async #replace(reason: string): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    const delayMs = this.#restartDelay.next(clock.monotonicMs());
    logger.error({ reason, delayMs }, "a worker died and is replaced");
    this.#restarts++;
    if (delayMs > 0) await sleep(delayMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await this.#add();
  }

  /** Never rejects: a worker that cannot serve is ended, and its end brings the next attempt. */
  async #add(): Promise<void> {
    const { member, seeded } = this.#spawn();
    try {
      await seeded;
      await this.#listen(member);
      this.#options.logger.info({ worker: member.id }, "a new worker serves");
      this.#prepareSpare();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#complain(error);
      await member.terminate();
    }
  }

  /** Opens what it cannot serve without, then what was opened since the start. */
  async #listen(member: WorkerHandle): Promise<void> {
    const ports = await member.listen(this.#sockets.neededPlan);
    this.#sockets.join(member.id, Object.entries(ports));
    member.post({ kind: "sockets", plan: this.#sockets.planOf(member.id) });
  }

  /** It is waited for no more, and opens nothing more. */
  #leave(member: WorkerHandle): void {
    this.#publications.leave(member.id);
    if (this.#sockets.leave(member.id)) this.#postSockets();
  }

  #postSockets(): void {
    for (const member of this.#members)
      if (member.state === "listening") member.post({ kind: "sockets", plan: this.#sockets.planOf(member.id) });
  }

  #resize(count: number): void {
    if (this.#options.binding === "exclusive" || this.#stopping.signal.aborted) return;
    const atWork = [...this.#members].filter(isAtWork);
    for (let missing = count - atWork.length; missing > 0; missing--) void this.#add();
    for (const member of atWork.slice(count)) {
      this.#leave(member);
      member.retire(SURPLUS_LIMIT_MS).catch((error: unknown) => this.#complain(error));
    }
  }

  #prepareSpare(): void {
    if (!this.#stopping.signal.aborted) this.#nursery.prepare();
  }

  async #seed(member: WorkerHandle): Promise<void> {
    for (const delta of this.#model.pieces(PIECE_SHARDS)) {
      member.post({ kind: "delta", generation: NO_ANSWER, delta });
      await nextTurn();
    }
  }

  #rotateTickets(): void {
    const secret = createTicketSecret();
    this.#commons.ticketSecret = secret;
    for (const member of this.#members) member.post({ kind: "tickets", secret });
  }

  #complain(error: unknown): void {
    this.#options.logger.error({ err: error }, "a worker could not be replaced");
  }
}

function isAtWork({ state }: WorkerHandle): boolean {
  return state === "starting" || state === "listening";
}

function droppedBy({ boot }: WorkerHandle): number {
  return boot.gauges[GAUGE.droppedLogLines] ?? 0;
}

function sumOf(members: Iterable<WorkerHandle>, read: (member: WorkerHandle) => number): number {
  let sum = 0;
  for (const member of members) sum += read(member);
  return sum;
}
