import { pino } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { LogFields, Logger } from "../lib/logger.ts";
import type { LineWriter } from "./access-log.ts";
import { isoTime } from "./local-time.ts";
import { escapeJsonLine } from "./log-escape.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * One JSON object a line: `level`, `time` (ISO 8601 in UTC), the fields, `msg`. Text is escaped by JSON, and so is what JSON would let pass
 * and a terminal would act on. Secrets print as `{}`, an error under `err` with its stack.
 */
export function openJsonLogger(level: LogLevel, writer: LineWriter, clock: Clock): Logger {
  const destination = { write: (line: string) => writer.writeLine(escapeJsonLine(line.trimEnd())) };
  const formatters = { level: (label: string) => ({ level: label }) };
  const timestamp = (): string => `,"time":"${isoTime(clock.nowMs())}"`;
  const log = pino({ level, base: null, formatters, timestamp }, destination);
  return {
    debug: (fields: LogFields, message: string) => log.debug(fields, message),
    info: (fields: LogFields, message: string) => log.info(fields, message),
    warn: (fields: LogFields, message: string) => log.warn(fields, message),
    error: (fields: LogFields, message: string) => log.error(fields, message),
  };
}
