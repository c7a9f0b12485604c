import { type ApiSource, openApiSource } from "../controller/controller.ts";
import type { ControllerConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import { openJsonLogger } from "../observability/observability.ts";
import { NO_HOOKS, type Parts } from "./compose.ts";
import { type Environment, workerLog } from "./console.ts";
import { admissionOpener } from "./open-admission.ts";
import { IdleCollector, oldHeapBytes, openCollect } from "./idle-collector.ts";
import { openDuties } from "./open-duties.ts";
import { logFlagWarnings, translateOptionsOf } from "./read-config.ts";
import { ingressSockets } from "./ingress-sockets.ts";
import { run } from "./run.ts";
import { automaticWorkers, availableMemoryMb, logMemory } from "./memory-needs.ts";
import { usableCpus } from "./usable-cpus.ts";

/** ingress-nginx's `worker-shutdown-timeout`. */
const DRAIN_LIMIT_MS = 240_000;
/** Statuses that are written one after the other are one burst of changes. */
const QUIET_MS = 1_500;

/** `headgate controller`: follows an API server. Access log on stdout, everything else as JSON lines on stderr. */
export async function runController(config: ControllerConfig, environment: Environment): Promise<number> {
  const logger = openJsonLogger(config.logLevel, environment.stderr, systemClock);
  logFlagWarnings(config, logger);
  const parts = controllerParts(config, environment, logger);
  logMemory(logger, parts.workers.count, availableMemoryMb());
  return run(parts, {
    signals: environment.signals,
    graceMs: config.shutdownGraceMs,
    drainLimitMs: DRAIN_LIMIT_MS,
    onListening: ({ ports }) => logger.info({ ports, version: environment.version }, "listening"),
    onServing: () => logger.info({}, "serving the first configuration"),
  });
}

function controllerParts(config: ControllerConfig, environment: Environment, logger: Logger): Parts {
  const { bindAddress: address, httpPort, httpsPort } = config;
  const { env, version, stdout, stderr } = environment;
  const source = openSource(config, logger);
  const collector = new IdleCollector({ quietMs: QUIET_MS, heapBytes: oldHeapBytes, collect: openCollect() });
  return {
    version,
    // A Service in front maps 80 and 443 to whatever is bound here; as ingress-nginx, https is always told as 443.
    ...ingressSockets(address, {
      http: { port: httpPort, declaredPort: httpPort },
      https: { port: httpsPort, declaredPort: 443 },
    }),
    admin: { address: config.healthzHost, port: config.healthzPort },
    debug: config.debug,
    healthCheckPath: config.healthCheckPath,
    translate: translateOptionsOf(config),
    sources: [source],
    readApiContact: () => ({ silencesMs: source.silencesMs(), followed: source.followed(), ...source.recovery }),
    duties: openDuties(config, env, logger),
    admission: admissionOpener(config, logger),
    logger,
    problems: { style: "fields", silent: new Set() },
    clock: systemClock,
    workers: {
      count: config.workerProcesses ?? automaticWorkers(usableCpus(), availableMemoryMb()),
      binding: "shared",
      spare: "kept",
      log: workerLog(environment, { level: config.logLevel, format: "json", requests: "access" }),
    },
    requestMetrics: config.metrics,
    electionId: config.duties.electionId,
    droppedLogLines: () => stdout.droppedLines + stderr.droppedLines,
    pod: { namespace: env["POD_NAMESPACE"] ?? "", name: env["POD_NAME"] ?? "" },
    devCa: null,
    errorPages: "plain",
    startHoldMs: null,
    watch: { ...NO_HOOKS, onSettled: () => collector.noteChange() },
  };
}

/** Of `--kube-api-qps`, for reading Secrets and ConfigMaps again that may not be listed. */
const READ_SHARE = 1 / 3;

function openSource(config: ControllerConfig, logger: Logger): ApiSource {
  const { configMap, defaultBackendService, defaultSslCertificate } = config;
  const { publishService } = config.duties;
  const wanted = [
    { kind: "ConfigMap", key: configMap },
    { kind: "Service", key: defaultBackendService },
    { kind: "EndpointSlice", key: defaultBackendService },
    { kind: "Service", key: publishService },
    { kind: "Secret", key: defaultSslCertificate },
  ] as const;
  return openApiSource({
    kubeconfig: config.kubeconfig,
    apiServerHost: config.apiServerHost,
    watchNamespace: config.watchNamespace ?? "",
    watchNamespaceSelector: config.watchNamespaceSelector ?? "",
    alwaysWatch: wanted.flatMap(({ kind, key }) => (key === null ? [] : [{ kind, key }])),
    logger,
    clock: systemClock,
    random: Math.random,
    readsPerSecond: Math.max(1, config.duties.kubeApiQps * READ_SHARE),
  });
}
