import { inspect } from "node:util";
import type { Clock } from "../../lib/clock.ts";
import type { LogFields, Logger } from "../../lib/logger.ts";
import { printable, printableUpTo } from "../../lib/printable.ts";
import type { LineWriter } from "../access-log/access-log.ts";
import { isoTime } from "../text/local-time.ts";
import type { Paint, PaintStyle } from "../text/paint.ts";
import type { LogLevel } from "./json-logger.ts";

/** Above any problem's place, value (200 characters at most) and reason together: the reason comes last. */
const MESSAGE_LIMIT = 4_000;
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const STYLES: Readonly<Record<LogLevel, PaintStyle>> = { debug: "dim", info: "cyan", warn: "yellow", error: "red" };

/** Lines for people: time (ISO 8601 in UTC), level, message, then `name=value` for each field. Control characters in values are escaped. */
export function openPrettyLogger(level: LogLevel, writer: LineWriter, paint: Paint, clock: Clock): Logger {
  const at = (lineLevel: LogLevel) => {
    if (LEVELS.indexOf(lineLevel) < LEVELS.indexOf(level)) return () => {};
    const label = paint(STYLES[lineLevel], lineLevel.padEnd(5));
    return (fields: LogFields, message: string) => {
      const time = paint("dim", isoTime(clock.nowMs()));
      writer.writeLine(`${time} ${label} ${printableUpTo(message, MESSAGE_LIMIT)}${formatFields(fields, paint)}`);
    };
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
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
