import { createHealth, openAdmin } from "../admin/admin.ts";
import { type AdmissionServer, Controller, type Duties, type ObjectSource } from "../controller/controller.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { ErrorPages } from "../model/error-pages.ts";
import type { Listener } from "../model/listener.ts";
import type { ModelDelta } from "../model/model.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import type { Socket, SocketReport } from "../model/socket.ts";
import { type ApiContact, Metrics, type WorkersReading } from "../observability/observability.ts";
import type { DevCa } from "../tls/tls.ts";
import { Translator, type TranslateOptions } from "../translate/translate.ts";
import { openWorkers, type Publication, type Workers, type WorkersOptions } from "../workers/workers.ts";
import { type DebugPlace, openDebugPages } from "./debug-pages.ts";
import { watchLoopDelay, type LoopDelay } from "../lib/loop-delay.ts";
import type { OpenAdmission } from "./open-admission.ts";
import { availableMemoryMb, workerHeapLimitMb } from "./memory-needs.ts";
import { createProblemLog, type ProblemLogOptions } from "./problem-log.ts";
import { readDescriptorLimit, readProcess } from "./process-reading.ts";

/** Everything a running Headgate is made of that differs between the commands. */
export interface Parts {
  readonly version: string;
  readonly sockets: readonly Socket[];
  /** What serves them. */
  readonly listeners: readonly Listener[];
  readonly admin: { readonly address: string; readonly port: number };
  readonly debug: DebugPlace;
  readonly healthCheckPath: string;
  readonly translate: TranslateOptions;
  readonly sources: readonly ObjectSource[];
  readonly readApiContact: () => ApiContact;
  /** Writes back to the API server; null where there is none. */
  readonly duties: Duties | null;
  /** The admission webhook; null where there is none. */
  readonly admission: OpenAdmission | null;
  readonly logger: Logger;
  readonly problems: ProblemLogOptions;
  readonly clock: Clock;
  /** How many data planes, and how they bind and log. */
  readonly workers: Pick<WorkersOptions, "count" | "binding" | "spare" | "log">;
  readonly requestMetrics: RequestMetricsOptions;
  /** Name of the Lease; empty where there is no election. */
  readonly electionId: string;
  /** Of the main thread. */
  readonly droppedLogLines: () => number;
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly devCa: DevCa | null;
  readonly errorPages: ErrorPages;
  /** Development: a connection that comes before the first configuration waits for it, at most so long; null: it is answered 503. */
  readonly startHoldMs: number | null;
  readonly watch: PublicationHooks;
}

/** Observers and editors of the model on its way to the workers; each null where there is none. */
export interface PublicationHooks {
  /** What the workers are to serve in place of what was translated. Sees every delta, in order. */
  readonly reshape: ((delta: ModelDelta) => ModelDelta) | null;
  /** As `ControllerOptions.onSettled`. */
  readonly onSettled: ((outcome: "publishes" | "changes-nothing") => void) | null;
  /** Sees every delta once all workers serve it. */
  readonly onApplied: ((delta: ModelDelta) => void) | null;
}

export const NO_HOOKS: PublicationHooks = { reshape: null, onSettled: null, onApplied: null };

/** A running Headgate: workers, controller, admin server. */
export interface Headgate {
  readonly ports: { readonly http: number; readonly https: number; readonly admin: number };
  /** Resolves once every worker serves the first configuration; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** From now on the health probe fails; traffic is still served. */
  failHealth(): void;
  /** Stops accepting and waits for what is in flight, at most that long. */
  drain(limitMs: number): Promise<void>;
  /** Releases every socket, watch and timer. */
  stop(): Promise<void>;
}

/** Changes that come within this time are published together. */
const HOLD_OFF_MS = 20;

/** Opens workers and admin server, then starts following the sources. Rejects when a port cannot be bound; nothing stays open then. */
export async function openHeadgate(parts: Parts): Promise<Headgate> {
  let opened: Workers | null = null;
  const mainDelay = watchLoopDelay();
  const metrics = openMetrics(parts, mainDelay, () => opened);
  const workers = await openDataPlane(parts, metrics);
  opened = workers;
  const health = createHealth();
  const admin = await openAdmin({
    ...parts.admin,
    pages: {
      health,
      healthCheckPath: parts.healthCheckPath,
      metrics: (format) => metrics.print(format),
      devCaPem: parts.devCa?.certPem ?? null,
    },
    logger: parts.logger,
  }).catch(async (error: unknown) => {
    await workers.close();
    throw error;
  });
  const debug = await openDebugPages(parts.debug, workers, parts.logger);
  const translator = new Translator(parts.translate);
  const controller = startController(parts, metrics, workers, translator);
  const close = async (): Promise<void> => {
    await parts.duties?.stop();
    await controller.stop();
    await workers.close();
    await admin.close();
    await debug?.close();
    mainDelay.close();
  };
  const admission = await openAdmission(parts.admission, controller, translator, metrics).catch(
    async (error: unknown) => {
      await close();
      throw error;
    },
  );
  const stopping = new AbortController();
  workers.whenLive(stopping.signal).then(
    () => health.markReady(),
    () => {},
  );
  return {
    ports: { ...workers.ports, admin: admin.port },
    whenSynced: (signal) => workers.whenLive(signal),
    failHealth: () => health.markShuttingDown(),
    // While connections end, the next replica can already lead.
    drain: async (limitMs) => void (await Promise.all([workers.drain(limitMs), parts.duties?.stop()])),
    stop: async () => {
      stopping.abort();
      await admission?.close();
      await close();
    },
  };
}

async function openAdmission(
  open: OpenAdmission | null,
  controller: Controller,
  translator: Translator,
  metrics: Metrics,
): Promise<AdmissionServer | null> {
  return open && (await open(controller, translator, (review) => metrics.recordReview(review)));
}

function openMetrics(parts: Parts, mainDelay: LoopDelay, workers: () => Workers | null): Metrics {
  const { clock, version, translate, pod, requestMetrics } = parts;
  return new Metrics({
    clock,
    version,
    runtime: `node-${process.version}`,
    controller: { class: translate.controllerClass, namespace: pod.namespace, pod: pod.name },
    requests: requestMetrics,
    readWorkers: () => withMain(workers()?.reading ?? NO_WORKERS, mainDelay),
    readProcess: () => readProcess(clock.nowMs()),
    readThreads: () => workers()?.threads ?? [],
    readApiContact: parts.readApiContact,
    readDuties: () => parts.duties && { electionId: parts.electionId, ...parts.duties.counts },
    droppedLogLines: () => parts.droppedLogLines() + (workers()?.droppedLogLines ?? 0),
  });
}

const NO_WORKERS: WorkersReading = {
  count: 0,
  restarts: 0,
  openConnections: 0,
  acceptedConnections: 0,
  running: 0,
  idleUpstreamConnections: 0,
  loopDelaysMicros: [],
};

function withMain(reading: WorkersReading, mainDelay: LoopDelay): WorkersReading {
  return { ...reading, loopDelaysMicros: [["main", mainDelay.micros], ...reading.loopDelaysMicros] };
}

function openDataPlane(parts: Parts, metrics: Metrics): Promise<Workers> {
  const { sockets, listeners, logger, clock, healthCheckPath, devCa, errorPages, workers } = parts;
  return openWorkers({
    ...workers,
    sockets,
    listeners,
    onSocket: (report) => logSocket(logger, report),
    logger,
    clock,
    healthCheckPath,
    errorPages,
    startHoldMs: parts.startHoldMs,
    random: Math.random,
    heapLimitMb: workerHeapLimitMb(workers.count, availableMemoryMb()),
    descriptorLimit: readDescriptorLimit(),
    devCa: devCa?.keys ?? null,
    requestMetrics: parts.requestMetrics,
    onSeries: (worker, notice) => metrics.addSeries(worker, notice),
    onForget: (worker, ingress) => metrics.forgetIngress(worker, ingress),
    onRetired: (worker) => metrics.retire(worker),
    onLive: (publication) => recordLive(publication, metrics, parts),
  });
}

/** Not for the sockets of the start: the command reports those. */
function logSocket(logger: Logger, { socket, state, port, reason }: SocketReport): void {
  if (state === "failed") logger.error({ socket }, reason);
  else logger.debug({ socket, state, port }, "socket");
}

/** A worker that could not apply a delta goes on with what it had. */
function recordLive(publication: Publication, metrics: Metrics, parts: Parts): void {
  const { delta, failed } = publication;
  if (failed) metrics.recordFailed();
  else metrics.recordApplied(publication);
  parts.watch.onApplied?.(delta);
  parts.duties?.onApplied(delta);
}

function startController(parts: Parts, metrics: Metrics, workers: Workers, translator: Translator): Controller {
  const { sources, logger, clock, duties, watch } = parts;
  const logProblems = createProblemLog(logger, parts.problems);
  const controller = new Controller({
    sources,
    translator,
    sink: { apply: (delta, heardAtMs) => workers.apply(watch.reshape?.(delta) ?? delta, heardAtMs) },
    logger,
    clock,
    holdOffMs: HOLD_OFF_MS,
    onProblems: (changed) => {
      metrics.recordProblems(changed);
      logProblems(changed);
      duties?.onProblems(changed);
    },
    onTranslated: (batch) => duties?.onTranslated(batch),
    onSettled: (outcome) => watch.onSettled?.(outcome),
  });
  controller.start();
  return controller;
}
