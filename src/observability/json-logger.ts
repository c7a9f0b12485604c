import { pino } from "pino";
import type { LogFields, Logger } from "../lib/logger.ts";
import type { LineWriter } from "./access-log.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One JSON object a line: `level`, `time` (milliseconds), the fields, `msg`. Text is escaped by JSON, secrets print as `{}`, an error under `err` with its stack. */
export function openJsonLogger(level: LogLevel, writer: LineWriter): Logger {
  const destination = { write: (line: string) => writer.writeLine(line.trimEnd()) };
  const formatters = { level: (label: string) => ({ level: label }) };
  const log = pino({ level, base: null, formatters }, destination);
  return {
    debug: (fields: LogFields, message: string) => log.debug(fields, message),
    info: (fields: LogFields, message: string) => log.info(fields, message),
    warn: (fields: LogFields, message: string) => log.warn(fields, message),
    error: (fields: LogFields, message: string) => log.error(fields, message),
  };
}
