import type { MessagePort } from "node:worker_threads";
import { watchLoopDelay } from "../lib/loop-delay.ts";
import type { ModelDelta } from "../model/model.ts";
import type { SocketPlan, SocketReport } from "../model/socket.ts";
import { WorkerMetrics, watchThread } from "../observability/observability.ts";
import { createProxy, type Proxy, type ProxyLoad } from "../proxy/proxy.ts";
import { type DevCa, loadIssuer } from "../tls/tls.ts";
import { type FromWorker, GAUGE, type ToWorker, type WorkerBoot } from "./messages.ts";
import { type LogEnvironment, type OpenLog, openWorkerLog } from "./worker-log.ts";

const FLUSH_DEADLINE_MS = 1_000;
const GAUGE_INTERVAL_MS = 1_000;

/** What a worker takes from the system. */
export interface WorkerEnvironment extends LogEnvironment {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Registers what is called with each exception that nothing caught. */
  readonly onUncaught: (handle: (error: unknown) => void) => void;
}

/** Runs one data plane in this thread, as the messages from the main thread say, until that ends the thread. */
export async function runDataPlane(boot: WorkerBoot, port: MessagePort, environment: WorkerEnvironment): Promise<void> {
  const log = openWorkerLog(boot, environment);
  const devCa = boot.devCa === null ? null : (await loadIssuer()).openDevCa(boot.devCa, environment.clock);
  const plane = new DataPlane({ boot, port, log, devCa, environment });
  environment.onUncaught((error) => plane.fail(error));
  port.on("message", (message: ToWorker) => plane.take(message));
  refreshGauges(boot, () => plane.load, log);
}

interface DataPlaneParts {
  readonly boot: WorkerBoot;
  readonly port: MessagePort;
  readonly log: OpenLog;
  /** Development: issues certificates for hosts without one. */
  readonly devCa: DevCa | null;
  readonly environment: WorkerEnvironment;
}

class DataPlane {
  readonly #port: MessagePort;
  readonly #log: OpenLog;
  readonly #recorder: WorkerMetrics;
  readonly #proxy: Proxy;
  #failed = false;

  constructor({ boot, port, log, devCa, environment }: DataPlaneParts) {
    this.#port = port;
    this.#log = log;
    this.#recorder = new WorkerMetrics({
      requests: boot.requestMetrics,
      announce: (notice) => this.#tell({ kind: "series", notice }),
      forget: (ingress) => this.#tell({ kind: "forget", ingress }),
    });
    this.#proxy = openBootedProxy({ boot, log, devCa, environment }, this.#recorder, (report) =>
      this.#tell({ kind: "socket", report }),
    );
  }

  get load(): ProxyLoad {
    return this.#proxy.load;
  }

  take(message: ToWorker): void {
    switch (message.kind) {
      case "delta":
        this.#apply(message.generation, message.delta);
        return;
      case "listen":
        void this.#listen(message.plan);
        return;
      case "sockets":
        this.#proxy.setSockets(message.plan);
        return;
      case "tickets":
        this.#proxy.setTicketSecret(message.secret);
        return;
      case "drain":
        void this.#drain(message.limitMs);
        return;
    }
  }

  /** Told and logged once: what fails again while the worker finishes what it has is no news. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#log.logger.error({ err: error }, "an unexpected error in a worker: it is replaced");
    this.#tell({ kind: "failing", message: messageOf(error) });
  }

  #apply(generation: number, delta: ModelDelta): void {
    try {
      this.#proxy.apply(delta);
      this.#recorder.apply(delta);
      this.#log.apply(delta);
      this.#tell({ kind: "applied", generation, error: null });
    } catch (error) {
      this.#log.logger.error({ err: error }, "a configuration could not be applied");
      this.#tell({ kind: "applied", generation, error: messageOf(error) });
    }
  }

  async #listen(plan: SocketPlan): Promise<void> {
    try {
      await this.#proxy.listen(plan);
      this.#tell({ kind: "listening", ports: this.#proxy.ports });
    } catch (error) {
      this.#tell({ kind: "not-listening", message: messageOf(error) });
    }
  }

  async #drain(limitMs: number): Promise<void> {
    await this.#proxy.drain(limitMs);
    await this.#log.flush(FLUSH_DEADLINE_MS);
    this.#tell({ kind: "closed" });
  }

  #tell(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

function openBootedProxy(
  { boot, log, devCa, environment }: Omit<DataPlaneParts, "port">,
  recorder: WorkerMetrics,
  onSocket: (report: SocketReport) => void,
): Proxy {
  const { listeners, healthCheckPath, errorPages, startHoldMs, binding, fallbackCertificate, ticketSecret } = boot;
  return createProxy({
    listeners,
    onSocket,
    observer: {
      prefetch: (routes) => recorder.prefetch(routes),
      onFinish: (exchange) => {
        recorder.onFinish(exchange);
        log.requests.onFinish(exchange);
      },
      onTurnedAway: (connection) => {
        recorder.onTurnedAway(connection);
        log.requests.onTurnedAway?.(connection);
      },
    },
    logger: log.logger,
    clock: environment.clock,
    random: environment.random,
    processId: environment.processId,
    healthCheckPath,
    fallbackCertificate,
    devCa,
    errorPages,
    startHoldMs,
    shared: {
      binding,
      ticketSecret,
      limits: boot.limits,
      answerTimes: boot.answerTimes,
      descriptors: boot.descriptors,
      connectionGauge: boot.gauges.subarray(GAUGE.connections, GAUGE.accepted + 1),
    },
  });
}

/** What nobody needs to the millisecond is copied once a second. */
function refreshGauges({ gauges, thread }: WorkerBoot, readLoad: () => ProxyLoad, log: OpenLog): void {
  const delay = watchLoopDelay();
  const heap = watchThread(thread);
  const timer = setInterval(() => {
    heap.refresh();
    gauges[GAUGE.droppedLogLines] = log.droppedLines;
    gauges[GAUGE.loopDelayMicros] = delay.micros;
    const { running, idleUpstreamConnections } = readLoad();
    gauges[GAUGE.running] = running;
    gauges[GAUGE.idleUpstreamConnections] = idleUpstreamConnections;
  }, GAUGE_INTERVAL_MS);
  timer.unref();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
