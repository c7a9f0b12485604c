import { openFileSource, type ObjectSource } from "../controller/controller.ts";
import type { DevConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { ModelDelta } from "../model/model.ts";
import type { HostId, VirtualHost } from "../model/virtual-host.ts";
import { createPaint, openPrettyLogger } from "../observability/observability.ts";
import { createDevCa } from "../tls/tls.ts";
import { formatBanner } from "./banner.ts";
import type { Parts } from "./compose.ts";
import { wantsColors, workerLog, type Environment } from "./console.ts";
import { DemoPool } from "./demo/demo-pool.ts";
import { DemoSource } from "./demo/demo-source.ts";
import { readStdin } from "./stdin.ts";
import { logFlagWarnings, translateOptionsOf } from "./read-config.ts";
import { run } from "./run.ts";
import { usableCpus } from "./usable-cpus.ts";

/** People at a keyboard do not wait for downloads. */
const DRAIN_LIMIT_MS = 5_000;

/** A missing TLS Secret is nothing to report here: the local CA issues a certificate in its place. */
const EXPECTED_REASONS = new Set(["SecretNotFound"]);

/** `headgate dev PATH…`: serves manifests from files, with the modules that serve a cluster. */
export async function runDev(config: DevConfig, environment: Environment): Promise<number> {
  const paint = createPaint(wantsColors(environment));
  const logger = openPrettyLogger(config.logLevel, environment.stdout, paint);
  logFlagWarnings(config, logger);
  const hosts = new Map<HostId, VirtualHost>();
  const idsWithoutEndpoints = new Set<string>();
  const parts = {
    ...devParts(config, environment, logger),
    onApplied: (delta: ModelDelta) => {
      rememberHosts(hosts, delta);
      rememberEndpoints(idsWithoutEndpoints, delta);
    },
  };
  return run(parts, {
    signals: environment.signals,
    graceMs: config.shutdownGraceMs,
    drainLimitMs: DRAIN_LIMIT_MS,
    onListening: () => {},
    onServing: ({ ports }) => {
      const { version, stdout } = environment;
      const { paths, bindAddress: address } = config;
      const facts = { version, ports, paths, hosts: hosts.values(), idsWithoutEndpoints, address };
      for (const line of formatBanner(facts, paint)) stdout.writeLine(line);
    },
  });
}

function devParts(config: DevConfig, environment: Environment, logger: Logger): Omit<Parts, "onApplied"> {
  const { bindAddress: address, httpPort, httpsPort } = config;
  const count = config.workerProcesses ?? usableCpus();
  const files = openFileSource({ paths: config.paths, logger, clock: systemClock, readStdin });
  return {
    version: environment.version,
    // What is bound here is also what clients use: there is no Service in front that maps 80 and 443.
    listeners: [
      { name: "http", address, port: httpPort, forwardedPort: httpPort },
      { name: "https", address, port: httpsPort, forwardedPort: httpsPort },
    ],
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
    devCa: createDevCa(systemClock),
    noEndpointsHint: "Say where it runs with --map {service}=127.0.0.1:3000, or give it an echo backend with --demo.",
  };
}

function withDemo(files: ObjectSource, config: DevConfig, logger: Logger): ObjectSource {
  if (!config.demo) return files;
  const mapped = new Set(config.endpointOverrides.map(([service]) => service));
  return new DemoSource(files, { isMapped: (service) => mapped.has(service), pool: new DemoPool(logger) });
}

function rememberHosts(hosts: Map<HostId, VirtualHost>, delta: ModelDelta): void {
  for (const [id, host] of delta.virtualHosts) {
    if (host === null) hosts.delete(id);
    else hosts.set(id, host);
  }
}

function rememberEndpoints(idsWithoutEndpoints: Set<string>, delta: ModelDelta): void {
  for (const [id, set] of delta.endpoints) {
    if (set?.endpoints.length === 0) idsWithoutEndpoints.add(id);
    else idsWithoutEndpoints.delete(id);
  }
}
