import { nearestName } from "../lib/nearest-name.ts";
import { printable } from "../lib/printable.ts";
import { parseGoBool } from "../lib/go-values.ts";
import { fallbackOf, type Command, type FlagInfo } from "./flag-entry.ts";
import { flagError, type Arguments, type FlagError } from "./flag-reader.ts";
import { flagsOf } from "./flags.ts";

/**
 * Splits `--x`, `--x=v`, `--x v`, `-v=2`, `-v 2`, `-v2`; `--` ends the flags; bools take no separate value, as in Go's pflag.
 * `$(NAME)` in values is replaced from the environment, where kubelet has not done it.
 */
export function readArguments(
  command: Command,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Arguments {
  const reading = openReading(command);
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? "";
    if (argument === "--") {
      reading.positionals.push(...argv.slice(index + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") reading.positionals.push(argument);
    else if (takeFlag(reading, argument, argv[index + 1], env)) index++;
  }
  if (command === "controller") rejectPositionals(reading);
  return reading;
}

interface Reading {
  readonly command: Command;
  readonly known: ReadonlyMap<string, FlagInfo>;
  readonly given: Map<string, string[]>;
  positionals: string[];
  readonly errors: FlagError[];
  readonly warnings: FlagError[];
}

function openReading(command: Command): Reading {
  const known = new Map<string, FlagInfo>();
  for (const flag of flagsOf(command)) {
    known.set(`--${flag.name}`, flag);
    if (flag.letter !== null) known.set(`-${flag.letter}`, flag);
  }
  return { command, known, given: new Map(), positionals: [], errors: [], warnings: [] };
}

/** True when the next argument was taken as the value. */
function takeFlag(
  reading: Reading,
  argument: string,
  next: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const { written, inline } = splitFlag(reading, argument);
  const flag = reading.known.get(written);
  if (flag === undefined) return takeUnknown(reading, written, inline, next);
  const separate = inline === null && flag.type !== "bool";
  const value = inline ?? (flag.type === "bool" ? "true" : next);
  if (value === undefined) {
    reading.errors.push(flagError(written, "", `needs a value: ${written}=${flag.type.toUpperCase()}`));
    return false;
  }
  const text = expand(value, env);
  reading.given.set(flag.name, [...(reading.given.get(flag.name) ?? []), text]);
  warnAbout(reading, flag, text);
  return separate;
}

/** `--x=v` and `-v=2` at the equals sign, `-v2` after its letter. */
function splitFlag(reading: Reading, argument: string): { readonly written: string; readonly inline: string | null } {
  const equals = argument.indexOf("=");
  if (equals !== -1) return { written: argument.slice(0, equals), inline: argument.slice(equals + 1) };
  const letter = argument.slice(0, 2);
  const glued = argument.length > 2 && reading.known.has(letter) && reading.known.get(letter)?.type !== "bool";
  return glued ? { written: letter, inline: argument.slice(2) } : { written: argument, inline: null };
}

/** The controller goes on: people carry extra arguments over. The dev proxy's flags are typed by hand, so a slip is an error. */
function takeUnknown(reading: Reading, written: string, inline: string | null, next: string | undefined): boolean {
  const nearest = nearestName(written, reading.known.keys());
  const hint = nearest === null ? "see --help" : `did you mean ${nearest}?`;
  if (reading.command === "dev") {
    reading.errors.push(flagError(printable(written), inline ?? "", `unknown flag; ${hint}`));
    return false;
  }
  reading.warnings.push(flagError(printable(written), inline ?? "", `unknown flag, no effect; ${hint}`));
  return inline === null && next !== undefined && !next.startsWith("-");
}

function warnAbout(reading: Reading, flag: FlagInfo, value: string): void {
  const { status } = flag;
  if (flag.silent || status.kind === "works" || status.kind === "differs" || isDefault(reading.command, flag, value))
    return;
  const why = status.kind === "not-yet" ? "not supported yet" : status.why;
  reading.warnings.push(flagError(`--${flag.name}`, value, `accepted without effect: ${why}`));
}

function isDefault(command: Command, flag: FlagInfo, value: string): boolean {
  const fallback = fallbackOf(flag, command);
  if (flag.type !== "bool") return value === fallback;
  const parsed = parseGoBool(value);
  return parsed.ok && parsed.value === (fallback === "true");
}

function rejectPositionals(reading: Reading): void {
  for (const argument of reading.positionals) {
    const message = "unexpected argument, no effect; write values as --flag=value";
    reading.warnings.push(flagError(printable(argument), "", message));
  }
  reading.positionals = [];
}

function expand(value: string, env: Readonly<Record<string, string | undefined>>): string {
  return value.replaceAll(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (whole, name: string) =>
    Object.hasOwn(env, name) ? (env[name] ?? whole) : whole,
  );
}
