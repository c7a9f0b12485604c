import { err, ok, type Result } from "../lib/result.ts";
import type { RequestMetricsOptions } from "../model/request-metrics-options.ts";
import { readDebug, type DebugConfig } from "./debug-flags.ts";
import { readDuties, type DutyConfig } from "./duty-flags.ts";
import type { Command, Values } from "./flag-entry.ts";
import { FlagReader, type Arguments, type FlagError } from "./flag-reader.ts";
import { MAIN_FLAGS, SHOW_FLAGS } from "./main-flags.ts";
import { readMetrics } from "./metric-flags.ts";
import { readArguments } from "./read-arguments.ts";

/** Everything that the command line says: plain frozen data. */
export type Config = ControllerConfig | DevConfig;

export interface ControllerConfig extends SharedConfig, Values<typeof MAIN_FLAGS, "controller"> {
  readonly kind: "controller";
  readonly duties: DutyConfig;
}

export interface DevConfig extends SharedConfig, Values<typeof MAIN_FLAGS, "dev"> {
  readonly kind: "dev";
  /** True unless a flag about classes was given: every Ingress is served. */
  readonly anyClass: boolean;
  /** Files and folders with manifests; never empty unless `show` is set. */
  readonly paths: readonly string[];
}

interface SharedConfig {
  /** What to print instead of running. */
  readonly show: "help" | "version" | null;
  readonly metrics: RequestMetricsOptions;
  readonly debug: DebugConfig;
  /** Flags without effect, to be logged once. */
  readonly warnings: readonly FlagError[];
}

/**
 * The command line (without node, script and command) as frozen configuration, or everything that is wrong with it.
 * The last of several occurrences wins, `--map` adds up. Flags without effect are in `warnings`.
 */
export function parseFlags(
  command: Command,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<Config, readonly FlagError[]> {
  const given = readArguments(command, argv, env);
  const { config, errors } = command === "controller" ? readController(given) : readDev(given);
  return config.show !== null || errors.length === 0 ? ok(deepFreeze(config)) : err(errors);
}

interface Reading {
  readonly config: Config;
  readonly errors: readonly FlagError[];
}

function readController(given: Arguments): Reading {
  const reader = new FlagReader(given);
  const config: ControllerConfig = {
    kind: "controller",
    ...reader.read(MAIN_FLAGS, "controller"),
    ...readShared(reader, "controller", given),
    duties: readDuties(reader),
  };
  checkPorts(config, reader);
  const { watchNamespace, watchNamespaceSelector } = config;
  if (watchNamespace !== null && watchNamespaceSelector !== null) {
    const message = "excludes --watch-namespace; remove one of them";
    reader.fail("--watch-namespace-selector", watchNamespaceSelector, message);
  }
  return { config, errors: reader.errors };
}

function readDev(given: Arguments): Reading {
  const reader = new FlagReader(given);
  const config: DevConfig = {
    kind: "dev",
    ...reader.read(MAIN_FLAGS, "dev"),
    ...readShared(reader, "dev", given),
    anyClass: !CLASS_FLAGS.some(({ name }) => given.given.has(name)),
    paths: given.positionals,
  };
  checkPorts(config, reader);
  if (config.paths.length === 0) {
    reader.fail("PATH", "", "name at least one file or folder with manifests, or - for standard input");
  }
  return { config, errors: reader.errors };
}

function readShared(reader: FlagReader, command: Command, { warnings }: Arguments): SharedConfig {
  const { help, version } = reader.read(SHOW_FLAGS, command);
  return {
    show: help ? "help" : version ? "version" : null,
    metrics: readMetrics(reader, command),
    debug: readDebug(reader, command),
    warnings,
  };
}

/** A command line that names a class serves that class; one that names none serves everything in its files. */
const CLASS_FLAGS = [
  MAIN_FLAGS.ingressClass,
  MAIN_FLAGS.controllerClass,
  MAIN_FLAGS.ingressClassByName,
  MAIN_FLAGS.watchIngressWithoutClass,
];

function checkPorts(config: Config, reader: FlagReader): void {
  const ports = [
    ["--http-port", config.httpPort],
    ["--https-port", config.httpsPort],
    ["--healthz-port", config.healthzPort],
  ] as const;
  for (const [index, [name, port]] of ports.entries()) {
    const other = ports.slice(0, index).find(([, used]) => used === port && port !== 0);
    if (other !== undefined) reader.fail(name, String(port), `the same port as ${other[0]}; choose another`);
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part as object);
  return Object.freeze(value);
}
