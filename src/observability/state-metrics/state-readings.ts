import type { HistogramReading } from "./histogram.ts";
import type { IngressBackends, ServedCertificate } from "./served-model-index.ts";
import type { RuntimeReading } from "./runtime-metrics.ts";
import type { SeriesTotal } from "../request-metrics/series-totals.ts";

/** What the system knows of this process. Null where it does not tell. */
export interface ProcessReading {
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes: number | null;
  /** Seconds since the epoch. */
  readonly startedAtSeconds: number;
  /** Bytes moved by read and write calls. */
  readonly readBytes: number | null;
  readonly writtenBytes: number | null;
}

/** The data plane's report of itself. */
export interface WorkersReading {
  readonly count: number;
  /** Workers that died and were replaced. */
  readonly restarts: number;
  /** Client connections. */
  readonly openConnections: number;
  readonly acceptedConnections: number;
  /** Exchanges under way, tunnels included. */
  readonly running: number;
  /** Upstream connections that wait for their next request. */
  readonly idleUpstreamConnections: number;
  /** Microseconds that an event loop came late in the last second, at most; by worker, `main` is the control plane. */
  readonly loopDelaysMicros: Iterable<readonly [worker: string, micros: number]>;
}

/** What is written back to the API server. */
export interface DutyReading {
  /** Name of the Lease. */
  readonly electionId: string;
  readonly leading: boolean;
  readonly statusWrites: number;
  readonly statusFailures: number;
  readonly foreignStatusWrites: number;
  readonly droppedEvents: number;
}

/** The verdict of the admission webhook on one Ingress. */
export interface ReviewReading {
  readonly namespace: string;
  readonly name: string;
  readonly accepted: boolean;
  /** Ingresses that were translated to find out. */
  readonly testedIngresses: number;
  readonly seconds: number;
}

/** Where the numbers that are not per request come from; asked at each scrape. */
export interface StateReadings {
  readonly version: string;
  /** Such as `node-v26.10.0`. */
  readonly runtime: string;
  readonly controllerClass: string;
  /** Configurations that were applied, and that were not. */
  readonly applied: number;
  readonly failed: number;
  /** Null before the first. */
  readonly lastOutcome: "applied" | "failed" | null;
  /** Seconds since the epoch; 0 before the first. */
  readonly lastAppliedAtSeconds: number;
  readonly configHash: number;
  readonly droppedLogLines: number;
  readonly certificates: () => Iterable<ServedCertificate>;
  readonly ingresses: () => Iterable<IngressBackends>;
  /** Ingresses (`namespace/name`) that refer to a Service that does not exist. */
  readonly withoutService: () => ReadonlySet<string>;
  /** IngressClasses that are missing, and how many Ingresses name them. */
  readonly withoutClass: () => Iterable<readonly [ingressClass: string, ingresses: number]>;
  readonly problems: Readonly<Record<"error" | "warning", number>>;
  readonly proxyErrors: readonly SeriesTotal[];
  readonly finished: number;
  readonly workers: WorkersReading;
  readonly process: ProcessReading;
  /** Of the process and its threads, as prom-client tells it. */
  readonly families: RuntimeReading;
  readonly propagation: HistogramReading;
  readonly apiContact: ApiContact;
  /** Null where nothing is written back. */
  readonly duties: DutyReading | null;
  readonly reviews: Reviews;
}

/** How the talk with the API server goes; empty maps where there is none. */
export interface ApiContact {
  /** By kind: since the API server was last heard of it. */
  readonly silencesMs: ReadonlyMap<string, number>;
  /** By kind: whether every change is heard of. */
  readonly followed: ReadonlyMap<string, boolean>;
  readonly outages: number;
  /** Of the last outage: from the first good answer until every kind was followed again. */
  readonly recoveryMs: number;
}

/** Of a process that follows no API server. */
export const NO_API_CONTACT: ApiContact = { silencesMs: new Map(), followed: new Map(), outages: 0, recoveryMs: 0 };

/** What the admission webhook did. */
export interface Reviews {
  /** By Ingress. */
  readonly counts: Iterable<{
    readonly namespace: string;
    readonly name: string;
    readonly accepted: number;
    readonly refused: number;
  }>;
  /** Null before the first. */
  readonly last: ReviewReading | null;
}
