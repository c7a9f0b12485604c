import type { DescriptorMemory } from "../lib/descriptor-quota.ts";
import type { Secret } from "../lib/secret.ts";
import type { ErrorPages } from "../model/error-pages.ts";
import type { ModelDelta } from "../model/model.ts";
import type { Listener } from "../model/listener.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import type { SocketPlan, SocketReport } from "../model/socket.ts";
import type { CellNotice, ThreadMemory } from "../observability/observability.ts";
import type { AnswerTimesMemory, LimitsHolder, LimitsMemory, Ports } from "../proxy/proxy.ts";
import type { DevCaKeys, PemPair } from "../tls/tls.ts";

/** How a worker writes its log: to the process' own descriptors, under locks that it shares with all others. */
export interface WorkerLog {
  readonly level: "info" | "debug";
  /** `json` goes to stderr, `pretty` to stdout. */
  readonly format: "json" | "pretty";
  readonly colors: "on" | "off";
  /** Requests, always to stdout: ingress-nginx's access log, or lines for a developer. */
  readonly requests: "access" | "dev";
  readonly stdoutLock: Int32Array<SharedArrayBuffer>;
  readonly stderrLock: Int32Array<SharedArrayBuffer>;
}

/** All that a worker is born with: plain data, and memory that it shares with the main thread. */
export interface WorkerBoot {
  /** Above 1, never used twice: the main thread is 1. */
  readonly id: number;
  /** As `ProxyOptions`. */
  readonly listeners: readonly Listener[];
  readonly binding: "exclusive" | "shared";
  readonly healthCheckPath: string;
  readonly errorPages: ErrorPages;
  readonly startHoldMs: number | null;
  readonly devCa: DevCaKeys | null;
  readonly fallbackCertificate: PemPair;
  readonly ticketSecret: Secret;
  readonly limits: { readonly memory: LimitsMemory; readonly holder: LimitsHolder };
  readonly answerTimes: AnswerTimesMemory;
  readonly descriptors: DescriptorMemory;
  readonly gauges: Int32Array<SharedArrayBuffer>;
  readonly thread: ThreadMemory;
  readonly requestMetrics: RequestMetricsOptions;
  readonly log: WorkerLog;
}

/** Places in a worker's gauges. */
export const GAUGE = {
  /** Open client connections. */
  connections: 0,
  /** Client connections accepted so far, modulo 2³²; right after the open ones. */
  accepted: 1,
  droppedLogLines: 2,
  /** Microseconds that the worker's event loop came late in the last second, at most. */
  loopDelayMicros: 3,
  /** Exchanges under way. */
  running: 4,
  /** Idle connections to endpoints. */
  idleUpstreamConnections: 5,
} as const;

export type ToWorker =
  /** Part of the model, or a change of it; answered by `applied`. */
  | { readonly kind: "delta"; readonly generation: number; readonly delta: ModelDelta }
  /** Answered by `listening` or `not-listening`. */
  | { readonly kind: "listen"; readonly plan: SocketPlan }
  /** What is to be open from now on, after `listen`; answered by `socket` for each that is opened, bound anew or closed. */
  | { readonly kind: "sockets"; readonly plan: SocketPlan }
  | { readonly kind: "tickets"; readonly secret: Secret }
  /** Stop accepting, finish what is in flight within that time; answered by `closed`. */
  | { readonly kind: "drain"; readonly limitMs: number };

export type FromWorker =
  | { readonly kind: "applied"; readonly generation: number; readonly error: string | null }
  | { readonly kind: "listening"; readonly ports: Ports }
  | { readonly kind: "not-listening"; readonly message: string }
  | { readonly kind: "socket"; readonly report: SocketReport }
  | { readonly kind: "series"; readonly notice: CellNotice }
  | { readonly kind: "forget"; readonly ingress: string }
  /** An exception that nobody caught: the worker goes on for the requests it has, and wants to be replaced. */
  | { readonly kind: "failing"; readonly message: string }
  | { readonly kind: "closed" };
