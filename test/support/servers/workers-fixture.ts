import { BroadcastChannel } from "node:worker_threads";
import { systemClock } from "../../../src/lib/clock.ts";
import type { LogFields } from "../../../src/lib/logger.ts";
import type { SocketReport } from "../../../src/model/socket.ts";
import { openWorkers, type Publication, type Workers } from "../../../src/workers/workers.ts";
import { buildDelta, type DeltaParts } from "../builders/model-builder.ts";
import type { Death } from "./mortal-worker.ts";
import { LOOPBACK_LISTENERS, LOOPBACK_PLAN } from "../builders/socket-plan.ts";
import type { Target } from "../clients/raw-client.ts";
import { untilTrue } from "../waiting/waiting.ts";
import { REQUEST_METRICS } from "../oracles/counted-metrics.ts";

/** Held by nobody who would ever release it: what the workers log goes nowhere. */
const TAKEN = 1_000_000;

/** Threads that compile TypeScript on a machine with more to do. */
const START_LIMIT_MS = 40_000;

/** Real worker threads behind real sockets, with a model of the test's own. */
export class WorkersFixture implements AsyncDisposable {
  readonly workers: Workers;
  readonly live: Publication[];
  /** What the main thread logged. */
  readonly lines: string[];
  /** What came of sockets, in order. */
  readonly sockets: SocketReport[];
  readonly #deaths = new BroadcastChannel("mortal-workers");

  private constructor(workers: Workers, live: Publication[], lines: string[], sockets: SocketReport[]) {
    this.workers = workers;
    this.live = live;
    this.lines = lines;
    this.sockets = sockets;
  }

  static async open(count: number, parts: DeltaParts | null, spare: "kept" | "none" = "none"): Promise<WorkersFixture> {
    const live: Publication[] = [];
    const lines: string[] = [];
    const sockets: SocketReport[] = [];
    const log = (_fields: LogFields, message: string): void => void lines.push(message);
    const workers = await openWorkers({
      count,
      binding: "shared",
      spare,
      heapLimitMb: 64,
      sockets: LOOPBACK_PLAN.sockets,
      listeners: LOOPBACK_LISTENERS,
      onSocket: (report) => void sockets.push(report),
      healthCheckPath: "/healthz",
      errorPages: "plain",
      startHoldMs: null,
      devCa: null,
      requestMetrics: REQUEST_METRICS,
      log: {
        level: "info",
        format: "json",
        colors: "off",
        requests: "access",
        stdoutLock: new Int32Array(new SharedArrayBuffer(4)).fill(TAKEN),
        stderrLock: new Int32Array(new SharedArrayBuffer(4)).fill(TAKEN),
      },
      clock: systemClock,
      random: Math.random,
      logger: { debug: log, info: log, warn: log, error: log },
      onLive: (publication) => void live.push(publication),
      onSeries: () => {},
      onForget: () => {},
      onRetired: () => {},
      entry: new URL("./mortal-worker.ts", import.meta.url),
    });
    const fixture = new WorkersFixture(workers, live, lines, sockets);
    if (parts !== null) await fixture.apply(parts);
    return fixture;
  }

  get http(): Target {
    return { port: this.workers.ports.http };
  }

  https(serverName: string): Target {
    return { port: this.workers.ports.https, tls: serverName };
  }

  /** Resolves once every worker serves it. */
  async apply(parts: DeltaParts): Promise<void> {
    const before = this.live.length;
    this.workers.apply(buildDelta(parts), systemClock.monotonicMs());
    await untilTrue(() => this.live.length > before);
  }

  get ids(): readonly number[] {
    return [...this.workers.loads.keys()];
  }

  kill(id: number, death: Death): void {
    this.#deaths.postMessage({ id, death });
  }

  /** Resolves once `count` workers came in the place of others, and serve. */
  async untilReplaced(count: number): Promise<void> {
    const served = (): number => this.lines.filter((line) => line === "a new worker serves").length;
    await untilTrue(() => served() >= count, START_LIMIT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#deaths.close();
    await this.workers.close();
  }
}
