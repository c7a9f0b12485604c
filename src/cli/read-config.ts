import { formatHelp, parseFlags, type Config, type FlagError } from "../config/config.ts";
import type { Logger } from "../lib/logger.ts";
import type { TranslateOptions } from "../translate/translate.ts";
import { type Read, USAGE_ERROR } from "./command.ts";
import { wantsColors, type Environment } from "./console.ts";

const DEFAULT_COLUMNS = 100;

/** Reads a command's flags. Errors go to stderr, all of them at once; `--help` and `--version` are answered here. */
export function readConfig<K extends Config["kind"]>(
  kind: K,
  args: readonly string[],
  environment: Environment,
): Read<Extract<Config, { kind: K }>> {
  const { stdout, stderr, version } = environment;
  const parsed = parseFlags(kind, args, environment.env);
  if (!parsed.ok) {
    for (const error of parsed.error) stderr.writeLine(`headgate ${kind}: ${formatFlagError(error)}`);
    stderr.writeLine(`headgate ${kind} --help lists the flags`);
    return { kind: "exit", code: USAGE_ERROR };
  }
  const config = parsed.value;
  if (config.show === "version") stdout.writeLine(`headgate ${version}`);
  if (config.show === "help") for (const line of commandHelp(kind, environment)) stdout.writeLine(line);
  if (config.show !== null || !isOfKind(config, kind)) return { kind: "exit", code: 0 };
  return { kind: "run", input: config };
}

/** The options of a command, as lines. */
function commandHelp(kind: Config["kind"], environment: Environment): readonly string[] {
  const columns = environment.terminalColumns === 0 ? DEFAULT_COLUMNS : environment.terminalColumns;
  return formatHelp(kind, columns, wantsColors(environment) === "on")
    .trimEnd()
    .split("\n");
}

/** Flags without effect are named once, at the start. */
export function logFlagWarnings(config: Config, logger: Logger): void {
  for (const { field, value, message } of config.warnings) {
    logger.warn({ flag: field, ...(value === "" ? {} : { value }) }, message);
  }
}

/** What both commands tell the translation alike. */
export function translateOptionsOf(config: Config): TranslateOptions {
  const { ingressClass, controllerClass, ingressClassByName, watchIngressWithoutClass, annotationsPrefix } = config;
  const { configMap, defaultBackendService, defaultSslCertificate } = config;
  return {
    ingressClass,
    controllerClass,
    ingressClassByName,
    watchIngressWithoutClass,
    annotationsPrefix,
    defaultBackends: config.disableCatchAll ? "refused" : "served",
    externalNames: config.disableExternalNames ? "refused" : "served",
    configMap,
    defaultBackendService,
    defaultSslCertificate,
    anyClass: config.kind === "dev" && config.anyClass,
    endpointOverrides: new Map(config.kind === "dev" ? config.endpointOverrides : []),
  };
}

function formatFlagError({ field, value, message }: FlagError): string {
  return `${field}${value === "" ? "" : ` ${value}`}: ${message}`;
}

function isOfKind<K extends Config["kind"]>(config: Config, kind: K): config is Extract<Config, { kind: K }> {
  return config.kind === kind;
}
