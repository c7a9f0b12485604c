import type { Endpoint } from "../model/upstream.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import type { DebugConfig } from "./debug-flags.ts";
import type { DutyConfig } from "./duty-config.ts";
import type { FlagError } from "./read-arguments.ts";

/** Everything that the command line says: plain frozen data. */
export type Config = ControllerConfig | DevConfig;

export interface ControllerConfig extends SharedConfig {
  readonly kind: "controller";
  /** Null: all namespaces, or those of the selector. */
  readonly watchNamespace: string | null;
  readonly watchNamespaceSelector: string | null;
  readonly kubeconfig: string | null;
  readonly apiServerHost: string | null;
  readonly duties: DutyConfig;
}

export interface DevConfig extends SharedConfig {
  readonly kind: "dev";
  /** True unless a flag about classes was given: every Ingress is served. */
  readonly anyClass: boolean;
  /** Files and folders with manifests; never empty unless `show` is set. */
  readonly paths: readonly string[];
  readonly demo: boolean;
  /** From `--map`: key `namespace/service` or `namespace/service:port`; fit for `new Map(…)`. */
  readonly endpointOverrides: readonly (readonly [service: string, endpoints: readonly Endpoint[]])[];
}

interface SharedConfig {
  /** What to print instead of running. */
  readonly show: "help" | "version" | null;
  readonly ingressClass: string;
  readonly controllerClass: string;
  readonly ingressClassByName: boolean;
  readonly watchIngressWithoutClass: boolean;
  /** Without slash. */
  readonly annotationsPrefix: string;
  readonly disableCatchAll: boolean;
  readonly disableExternalNames: boolean;
  /** `namespace/name`, as the two below. */
  readonly configMap: string | null;
  readonly defaultBackendService: string | null;
  readonly defaultSslCertificate: string | null;
  /** Empty for all addresses. */
  readonly bindAddress: string;
  /** 0 lets the system choose, as for the two below. */
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly healthzPort: number;
  /** Empty for all addresses. */
  readonly healthzHost: string;
  readonly healthCheckPath: string;
  /** After SIGTERM, from the failing health check to the end of accepting. */
  readonly shutdownGraceMs: number;
  readonly logLevel: "info" | "debug";
  readonly metrics: RequestMetricsOptions;
  readonly debug: DebugConfig;
  /** Worker threads; null: one for each processor that may be used. */
  readonly workerProcesses: number | null;
  /** Flags without effect, to be logged once. */
  readonly warnings: readonly FlagError[];
}
