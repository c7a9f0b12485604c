import { inspect } from "node:util";
import type { Clock } from "../../lib/clock.ts";
import type { LogFields, Logger } from "../../lib/logger.ts";
import { printable, printableUpTo } from "../../lib/printable.ts";
import type { LineWriter } from "../access-log/access-log.ts";
import { isoTime } from "../text/local-time.ts";
import { escapeJsonLine } from "../text/log-escape.ts";
import type { Paint, PaintStyle } from "../text/paint.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

type LogLine = (level: LogLevel, fields: LogFields, message: string) => string;

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
/** Causes of causes that are told. */
const MAX_CAUSES = 5;
/** Above any problem's place, value (200 characters at most) and reason together: the reason comes last. */
const MESSAGE_LIMIT = 4_000;
const STYLES: Readonly<Record<LogLevel, PaintStyle>> = { debug: "dim", info: "cyan", warn: "yellow", error: "red" };

/**
 * One JSON object a line: `level`, `time` (ISO 8601 in UTC), the fields, `msg`. Text is escaped by JSON, and so is what JSON would let pass
 * and a terminal would act on. Secrets print as `{}`, an error with its type, its stack and what it was caused by. Never throws: fields
 * that are no JSON are left out, and the line says so.
 */
export function openJsonLogger(level: LogLevel, writer: LineWriter, clock: Clock): Logger {
  return openLogger(level, writer, (own, fields, message) =>
    escapeJsonLine(formatLine({ level: own, time: isoTime(clock.nowMs()) }, fields, message)),
  );
}

/** Lines for people: time (ISO 8601 in UTC), level, message, then `name=value` for each field. Control characters in values are escaped. */
export function openPrettyLogger(level: LogLevel, writer: LineWriter, paint: Paint, clock: Clock): Logger {
  return openLogger(level, writer, (own, fields, message) => {
    const time = paint("dim", isoTime(clock.nowMs()));
    const label = paint(STYLES[own], own.padEnd(5));
    return `${time} ${label} ${printableUpTo(message, MESSAGE_LIMIT)}${formatFields(fields, paint)}`;
  });
}

/** Writes what is of that level or above; nothing is formatted for the rest. */
function openLogger(level: LogLevel, writer: LineWriter, format: LogLine): Logger {
  const log = (own: LogLevel): Logger[LogLevel] => {
    if (RANKS[own] < RANKS[level]) return () => {};
    return (fields, message) => writer.writeLine(format(own, fields, message));
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

function formatLine(head: { readonly level: LogLevel; readonly time: string }, fields: LogFields, msg: string): string {
  try {
    return JSON.stringify({ ...head, ...fields, msg }, describe);
  } catch (error) {
    return JSON.stringify({ ...head, unwritable: String(error), msg });
  }
}

function describe(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Error ? describeError(value) : value;
}

/** What Node says besides, such as `code` and `syscall`, is among an error's own fields. */
function describeError(error: Error): object {
  const { cause: _cause, ...own } = error;
  return { ...own, type: error.name, message: error.message, stack: stackOf(error) };
}

function stackOf(error: Error): string {
  const stacks: string[] = [];
  for (let each: unknown = error; each !== undefined && stacks.length <= MAX_CAUSES;) {
    stacks.push(each instanceof Error ? (each.stack ?? each.message) : JSON.stringify(each));
    each = each instanceof Error ? each.cause : undefined;
  }
  return stacks.join("\ncaused by: ");
}

function formatFields(fields: LogFields, paint: Paint): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${paint("dim", `${name}=`)}${printable(formatValue(value))}`)
    .join("");
}

function formatValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.message;
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 3 });
}
