import { openFileSource, type ObjectSource } from "../controller/controller.ts";
import type { DevConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import { createPaint, NO_API_CONTACT, openPrettyLogger } from "../observability/observability.ts";
import { loadIssuer } from "../tls/tls.ts";
import { formatBanner } from "./banner.ts";
import type { PublicationHooks, Parts } from "./compose.ts";
import { wantsColors, workerLog, type Environment } from "./console.ts";
import { LocalhostHosts } from "./dev/localhost-hosts.ts";
import { MapCheck } from "./dev/map-check.ts";
import { ReloadLog } from "./dev/reload-log.ts";
import { ServedModel } from "./dev/served-model.ts";
import { DemoPool } from "./demo/demo-pool.ts";
import { DemoSource } from "./demo/demo-source.ts";
import { readStdin } from "./stdin.ts";
import { logFlagWarnings, translateOptionsOf } from "./read-config.ts";
import { ingressSockets } from "./ingress-sockets.ts";
import { run } from "./run.ts";
import { automaticWorkers, availableMemoryMb } from "./memory-needs.ts";
import { usableCpus } from "./usable-cpus.ts";

/** People at a keyboard do not wait for downloads. */
const DRAIN_LIMIT_MS = 5_000;

/** As long as people wait for a page of a program that they have just started. */
const START_HOLD_MS = 10_000;

/** A missing TLS Secret is nothing to report here: the local CA issues a certificate in its place. */
const EXPECTED_REASONS = new Set(["SecretNotFound"]);

/** `headgate dev PATH…`: serves manifests from files, with the modules that serve a cluster. */
export async function runDev(config: DevConfig, environment: Environment): Promise<number> {
  const paint = createPaint(wantsColors(environment));
  const logger = openPrettyLogger(config.logLevel, environment.stdout, paint, systemClock);
  logFlagWarnings(config, logger);
  const reloads = new ReloadLog(logger);
  const files = openFileSource({
    paths: config.paths,
    logger,
    clock: systemClock,
    readStdin,
    onReread: (paths) => reloads.reread(paths),
  });
  const aliases = new LocalhostHosts();
  const served = new ServedModel((host) => aliases.isAdded(host));
  const maps = new MapCheck(
    config.endpointOverrides.map(([service]) => service),
    logger,
  );
  const watch: PublicationHooks = {
    reshape: (delta) => aliases.extend(delta),
    onSettled: (outcome) => reloads.translated(outcome),
    onApplied: (delta) => {
      reloads.live(served.take(delta));
      maps.check({ hosts: served.hosts, services: files.services });
    },
  };
  const { createDevCa } = await loadIssuer();
  const parts = { ...devParts(config, environment, { logger, files, watch }), devCa: createDevCa(systemClock) };
  return run(parts, {
    signals: environment.signals,
    graceMs: config.shutdownGraceMs,
    drainLimitMs: DRAIN_LIMIT_MS,
    onListening: () => {},
    onServing: ({ ports }) => {
      const { version, stdout } = environment;
      const { paths, bindAddress: address } = config;
      const { hosts, idsWithoutEndpoints } = served;
      const place = { ...ports, address };
      const facts = { version, paths, hosts, idsWithoutEndpoints, place, adminPort: ports.admin };
      for (const line of formatBanner(facts, paint)) stdout.writeLine(line);
    },
  });
}

interface DevModules {
  readonly logger: Logger;
  readonly files: ReturnType<typeof openFileSource>;
  readonly watch: PublicationHooks;
}

function devParts(
  config: DevConfig,
  environment: Environment,
  { logger, files, watch }: DevModules,
): Omit<Parts, "devCa"> {
  const { bindAddress: address, httpPort, httpsPort } = config;
  const count = config.workerProcesses ?? automaticWorkers(usableCpus(), availableMemoryMb());
  return {
    version: environment.version,
    // What is bound here is also what clients use: there is no Service in front that maps 80 and 443.
    ...ingressSockets(address, {
      http: { port: httpPort, declaredPort: httpPort },
      https: { port: httpsPort, declaredPort: httpsPort },
    }),
    admin: { address: config.healthzHost, port: config.healthzPort },
    debug: config.debug,
    healthCheckPath: config.healthCheckPath,
    translate: translateOptionsOf(config),
    sources: [withDemo(files, config, logger)],
    duties: null,
    admission: null,
    logger,
    problems: {
      style: "text",
      silent: EXPECTED_REASONS,
      placeOf: ({ source, field }) => files.placeOf(source, field),
    },
    clock: systemClock,
    workers: {
      count,
      // One worker keeps its ports for itself, so that a second dev proxy on the same ports is told so.
      binding: count === 1 ? "exclusive" : "shared",
      spare: "none",
      log: workerLog(environment, { level: config.logLevel, format: "pretty", requests: "dev" }),
    },
    requestMetrics: config.metrics,
    electionId: "",
    droppedLogLines: () => environment.stdout.droppedLines,
    pod: { namespace: "", name: "" },
    readApiContact: () => NO_API_CONTACT,
    startHoldMs: START_HOLD_MS,
    watch,
    errorPages: "explained",
  };
}

function withDemo(files: ObjectSource, config: DevConfig, logger: Logger): ObjectSource {
  if (!config.demo) return files;
  const mapped = new Set(config.endpointOverrides.map(([service]) => service));
  return new DemoSource(files, { isMapped: (service) => mapped.has(service), pool: new DemoPool(logger) });
}
