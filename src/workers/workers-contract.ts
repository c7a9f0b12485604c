import type { CPUProfileHandle } from "node:v8";
import type { ModelDelta } from "../model/model.ts";
import type { Socket, SocketReport } from "../model/socket.ts";
import type { CellNotice, ThreadMemory, WorkersReading } from "../observability/observability.ts";
import type { Ports } from "../proxy/proxy.ts";
import type { CommonOptions } from "./shared-state.ts";
import type { Publication } from "./publications.ts";

export interface WorkersOptions extends CommonOptions {
  /** At least 1. Settings may ask for another number, unless ports are bound exclusively. */
  readonly count: number;
  /** What is open from the start, besides the sockets of the model: without it no worker serves. */
  readonly sockets: readonly Socket[];
  /** What is true now of a socket in all workers: bound, failed in one of them, or closed. */
  readonly onSocket: (report: SocketReport) => void;
  /** Every worker serves it now. */
  readonly onLive: (publication: Publication) => void;
  readonly onSeries: (worker: number, notice: CellNotice) => void;
  readonly onForget: (worker: number, ingress: string) => void;
  /** A worker is no more; what it counted stays. */
  readonly onRetired: (worker: number) => void;
  readonly spare: "kept" | "none";
  /** Heap of one worker in MiB. */
  readonly heapLimitMb: number;
  /** Another entry of the threads, for tests. */
  readonly entry?: URL;
}

/** The data plane: workers that share ports, limits and sessions, and each have all of the model. */
export interface Workers {
  readonly ports: Ports;
  readonly openConnections: number;
  readonly droppedLogLines: number;
  /** Workers that died and were replaced. */
  readonly restarts: number;
  /** By the worker's number. */
  readonly loads: ReadonlyMap<number, WorkerLoad>;
  /** For the metrics. */
  readonly reading: WorkersReading;
  /** Heap and collector of each worker, by its number. */
  readonly threads: Iterable<readonly [thread: string, memory: ThreadMemory]>;
  /** The model so far, table by table in pieces; none before the first delta. */
  readonly model: Iterable<ModelDelta>;
  /** Starts a CPU profile of that worker; rejects when it is no more, also when the profile is stopped later. */
  startCpuProfile(worker: number): Promise<CPUProfileHandle>;
  /** Publishes a delta, opens and closes sockets as it says, and starts or retires workers until there are as many as its settings say. `heardAtMs`: monotonic time of the event that led to it. */
  apply(delta: ModelDelta, heardAtMs: number): void;
  /** Resolves when the first delta is live in every worker; rejects with the signal's reason. */
  whenLive(signal: AbortSignal): Promise<void>;
  /** Stops accepting, lets every worker finish what it has, at most for so long. */
  drain(limitMs: number): Promise<void>;
  /** Ends all threads at once. */
  close(): Promise<void>;
}

/** What a worker has to do. */
export interface WorkerLoad {
  /** Open client connections. */
  readonly connections: number;
  /** How late its event loop came in the last second, at most. */
  readonly loopDelayMicros: number;
}
