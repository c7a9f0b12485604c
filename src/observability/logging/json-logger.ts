import type { Clock } from "../../lib/clock.ts";
import type { LogFields, Logger } from "../../lib/logger.ts";
import type { LineWriter } from "../access-log/access-log.ts";
import { isoTime } from "../text/local-time.ts";
import { escapeJsonLine } from "../text/log-escape.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
/** Causes of causes that are told. */
const MAX_CAUSES = 5;

/**
 * One JSON object a line: `level`, `time` (ISO 8601 in UTC), the fields, `msg`. Text is escaped by JSON, and so is what JSON would let pass
 * and a terminal would act on. Secrets print as `{}`, an error with its type, its stack and what it was caused by. Never throws: fields
 * that are no JSON are left out, and the line says so.
 */
export function openJsonLogger(level: LogLevel, writer: LineWriter, clock: Clock): Logger {
  const log = (own: LogLevel) => (fields: LogFields, message: string) => {
    if (RANKS[own] < RANKS[level]) return;
    const line = formatLine({ level: own, time: isoTime(clock.nowMs()) }, fields, message);
    writer.writeLine(escapeJsonLine(line));
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
