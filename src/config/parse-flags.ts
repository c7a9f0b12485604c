import { err, ok, type Result } from "../lib/result.ts";
import type { Endpoint } from "../model/upstream.ts";
import { debugConfig } from "./debug-flags.ts";
import { dutyConfig } from "./duty-config.ts";
import { fallbackOf, type Command } from "./flag-entry.ts";
import {
  parseAddress,
  parseBoolFlag,
  parseControllerClass,
  parseMapping,
  parseName,
  parseObject,
  parsePath,
  parsePort,
  parseSeconds,
  parseText,
  parseUrl,
  parseVerbosity,
  parseWorkers,
  type Mapping,
} from "./flag-values.ts";
import { flagsOf } from "./flags.ts";
import { metricConfig } from "./metric-config.ts";
import { flagError, readArguments, type Arguments, type FlagError } from "./read-arguments.ts";
import type { Config, ControllerConfig, DevConfig } from "./settled-config.ts";

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
  const flags = new FlagReader(command, given);
  const config = command === "controller" ? controllerConfig(flags, given) : devConfig(flags, given);
  if (config.show !== null) return ok(deepFreeze(config));
  checkTogether(config, flags);
  return flags.errors.length === 0 ? ok(deepFreeze(config)) : err(flags.errors);
}

function sharedConfig(flags: FlagReader, given: Arguments) {
  return {
    show: showOf(flags),
    ingressClass: flags.value("ingress-class", parseName),
    controllerClass: flags.value("controller-class", parseControllerClass),
    ingressClassByName: flags.value("ingress-class-by-name", parseBoolFlag),
    watchIngressWithoutClass: flags.value("watch-ingress-without-class", parseBoolFlag),
    annotationsPrefix: flags.value("annotations-prefix", parseName),
    disableCatchAll: flags.value("disable-catch-all", parseBoolFlag),
    disableExternalNames: flags.value("disable-svc-external-name", parseBoolFlag),
    configMap: flags.value("configmap", parseObject),
    defaultBackendService: flags.value("default-backend-service", parseObject),
    defaultSslCertificate: flags.value("default-ssl-certificate", parseObject),
    bindAddress: flags.value("bind-address", parseAddress),
    httpPort: flags.value("http-port", parsePort),
    httpsPort: flags.value("https-port", parsePort),
    healthzPort: flags.value("healthz-port", parsePort),
    healthzHost: flags.value("healthz-host", parseAddress),
    healthCheckPath: flags.value("health-check-path", parsePath),
    shutdownGraceMs: flags.value("shutdown-grace-period", parseSeconds),
    logLevel: flags.value("v", parseVerbosity) >= 2 ? ("debug" as const) : ("info" as const),
    metrics: metricConfig(flags),
    debug: debugConfig(flags),
    workerProcesses: flags.value("worker-processes", parseWorkers),
    warnings: given.warnings,
  };
}

function showOf(flags: FlagReader): "help" | "version" | null {
  if (flags.value("help", parseBoolFlag)) return "help";
  return flags.value("version", parseBoolFlag) ? "version" : null;
}

function controllerConfig(flags: FlagReader, given: Arguments): ControllerConfig {
  return {
    kind: "controller",
    ...sharedConfig(flags, given),
    watchNamespace: flags.value("watch-namespace", (text) => (text === "" ? ok(null) : parseName(text))),
    watchNamespaceSelector: flags.value("watch-namespace-selector", parseText),
    kubeconfig: flags.value("kubeconfig", parseText),
    apiServerHost: flags.value("apiserver-host", parseUrl),
    duties: dutyConfig(flags),
  };
}

function devConfig(flags: FlagReader, given: Arguments): DevConfig {
  return {
    kind: "dev",
    ...sharedConfig(flags, given),
    anyClass: !CLASS_FLAGS.some((name) => given.given.has(name)),
    paths: given.positionals,
    demo: flags.value("demo", parseBoolFlag),
    endpointOverrides: groupMappings(flags.values("map", parseMapping)),
  };
}

/** Who names a class wants it to count; others want everything in their files to be served. */
const CLASS_FLAGS = ["ingress-class", "controller-class", "ingress-class-by-name", "watch-ingress-without-class"];

function groupMappings(mappings: readonly Mapping[]): DevConfig["endpointOverrides"] {
  const grouped = new Map<string, Endpoint[]>();
  for (const { service, endpoint } of mappings) grouped.set(service, [...(grouped.get(service) ?? []), endpoint]);
  return [...grouped];
}

/** What only shows when several flags are seen together. */
function checkTogether(config: Config, flags: FlagReader): void {
  const ports = [
    ["--http-port", config.httpPort],
    ["--https-port", config.httpsPort],
    ["--healthz-port", config.healthzPort],
  ] as const;
  for (const [index, [name, port]] of ports.entries()) {
    const other = ports.slice(0, index).find(([, used]) => used === port && port !== 0);
    if (other !== undefined) flags.fail(name, String(port), `the same port as ${other[0]}; choose another`);
  }
  if (config.kind === "dev") {
    if (config.paths.length === 0)
      flags.fail("PATH", "", "name at least one file or folder with manifests, or - for standard input");
    return;
  }
  if (config.watchNamespace !== null && config.watchNamespaceSelector !== null) {
    flags.fail(
      "--watch-namespace-selector",
      config.watchNamespaceSelector,
      "excludes --watch-namespace; remove one of them",
    );
  }
}

/** Typed access to the command line; remembers what was wrong. */
class FlagReader {
  readonly errors: FlagError[];
  readonly #fallbacks: ReadonlyMap<string, string>;
  readonly #given: Arguments["given"];

  constructor(command: Command, given: Arguments) {
    this.errors = [...given.errors];
    this.#given = given.given;
    this.#fallbacks = new Map(flagsOf(command).map((flag) => [flag.name, fallbackOf(flag, command)]));
  }

  /** Its last value. A wrong one is remembered, and the default stands in so that all errors are found at once. */
  value<T>(name: string, parse: (text: string) => Result<T>): T {
    const written = this.#given.get(name)?.at(-1);
    if (written !== undefined) {
      const parsed = parse(written);
      if (parsed.ok) return parsed.value;
      this.fail(`--${name}`, written, parsed.error);
    }
    const fallback = parse(this.#fallbacks.get(name) ?? "");
    if (fallback.ok) return fallback.value;
    throw new Error(`the default of --${name} is not valid: ${fallback.error}`);
  }

  /** All its values, without the wrong ones. */
  values<T>(name: string, parse: (text: string) => Result<T>): readonly T[] {
    return (this.#given.get(name) ?? []).flatMap((written) => {
      const parsed = parse(written);
      if (parsed.ok) return [parsed.value];
      this.fail(`--${name}`, written, parsed.error);
      return [];
    });
  }

  fail(field: string, value: string, message: string): void {
    this.errors.push(flagError(field, value, message));
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part as object);
  return Object.freeze(value);
}
