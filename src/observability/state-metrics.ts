import { Counter, Gauge, Registry } from "prom-client";
import { PREFIX } from "./prometheus-text.ts";
import type { CertificateExpiry } from "./model-watch.ts";
import type { SeriesTotal } from "./series-totals.ts";

/** Where the numbers that are not per request come from; asked at each scrape. */
export interface StateReadings {
  readonly openConnections: () => number;
  /** How many configurations were applied so far. */
  readonly generation: () => number;
  readonly droppedLogLines: () => number;
  readonly configHash: () => number;
  readonly expiries: () => Iterable<CertificateExpiry>;
  /** By code, first number of the cell. */
  readonly proxyErrors: () => readonly SeriesTotal[];
  readonly problemCounts: () => Readonly<Record<"error" | "warning", number>>;
}

/** Everything that is not counted per request, on prom-client. */
export class StateMetrics {
  readonly #registry = new Registry();
  readonly #success: Counter;
  readonly #errors: Counter;
  readonly #lastSuccessful: Gauge;
  readonly #lastTimestamp: Gauge;

  constructor(constantLabels: Readonly<Record<string, string>>, version: string, readings: StateReadings) {
    this.#registry.setDefaultLabels(constantLabels);
    this.#success = this.#counter(`${PREFIX}success`, "Configurations applied");
    this.#errors = this.#counter(`${PREFIX}errors`, "Configurations that could not be applied");
    this.#lastSuccessful = this.#gauge(
      `${PREFIX}config_last_reload_successful`,
      "Whether the last configuration was applied",
    );
    this.#lastTimestamp = this.#gauge(
      `${PREFIX}config_last_reload_successful_timestamp_seconds`,
      "When a configuration was last applied, in seconds since the epoch",
    );
    this.#countProxyErrors(readings.proxyErrors);
    this.#reading(`${PREFIX}config_hash`, "Hash of the running configuration", readings.configHash);
    this.#reading("headgate_config_generation", "Configurations applied since the start", readings.generation);
    this.#reading(
      "headgate_log_lines_dropped_total",
      "Log lines dropped because the reader was slow",
      readings.droppedLogLines,
    );
    this.#registerTables(version, readings);
  }

  recordApplied(nowMs: number): void {
    this.#success.inc();
    this.#lastSuccessful.set(1);
    this.#lastTimestamp.set(Math.floor(nowMs / 1000));
  }

  recordFailed(): void {
    this.#errors.inc();
    this.#lastSuccessful.set(0);
  }

  /** Prometheus text format 0.0.4. */
  print(): Promise<string> {
    return this.#registry.metrics();
  }

  #registerTables(version: string, readings: StateReadings): void {
    this.#table(`${PREFIX}build_info`, "Always 1; the labels tell the build", ["release", "repository"], (set) => {
      set({ release: version, repository: "headgate" }, 1);
    });
    this.#table(`${PREFIX}nginx_process_connections`, "Open client connections", ["state"], (set) => {
      set({ state: "active" }, readings.openConnections());
    });
    this.#table("headgate_problems", "Problems in the objects being served, by severity", ["severity"], (set) => {
      for (const [severity, count] of Object.entries(readings.problemCounts())) set({ severity }, count);
    });
    const labels = ["namespace", "host", "secret_name", "identifier"];
    this.#table(
      `${PREFIX}ssl_expire_time_seconds`,
      "End of the certificate, in seconds since the epoch",
      labels,
      (set) => {
        for (const { namespace, host, secretName, identifier, notAfterMs } of readings.expiries()) {
          set({ namespace, host, secret_name: secretName, identifier }, Math.floor(notAfterMs / 1000));
        }
      },
    );
  }

  /** A counter, though its content is read anew at each scrape: the data planes count. */
  #countProxyErrors(read: StateReadings["proxyErrors"]): void {
    const counter: Counter<"code"> = new Counter<"code">({
      name: "headgate_proxy_errors_total",
      help: "Answers made by the proxy itself, by error code",
      labelNames: ["code"],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const { labels, cell } of read()) counter.inc({ code: labels }, cell[0] ?? 0);
      },
    });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }

  #reading(name: string, help: string, read: () => number): void {
    this.#table(name, help, [], (set) => set({}, read()));
  }

  /** A gauge whose whole content is put together anew at each scrape. */
  #table(name: string, help: string, labelNames: string[], fill: (set: SetValue) => void): void {
    const gauge: Gauge<string> = new Gauge<string>({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        fill((labels, value) => gauge.set(labels, value));
      },
    });
  }
}

type SetValue = (labels: Readonly<Record<string, string>>, value: number) => void;
