import { printable } from "../lib/printable.ts";
import { err, ok } from "../lib/result.ts";
import type { AccessLogSettings, LogSkip } from "../model/log-format.ts";
import { readLogFormat } from "../model/read-log-format.ts";
import type { ErrorLogLevel, Settings } from "../model/settings.ts";
import { type CaseMode, parsePattern } from "../patterns/patterns.ts";
import type { Apply } from "./config-key.ts";
import { parseList } from "./value-parsers.ts";

export function withAccessLog(settings: Settings, patch: Partial<AccessLogSettings>): Partial<Settings> {
  return { accessLog: { ...settings.accessLog, ...patch } };
}

/** A variable that is not known costs itself only: whoever reads the lines still finds everything else in its place. */
export const applyLogFormat: Apply = (text, settings) => {
  const { pieces, faults } = readLogFormat(text);
  const next = { ...settings, ...withAccessLog(settings, { format: pieces }) };
  if (faults.length === 0) return ok(next);
  return err({ message: faults.join("; "), settings: next, outcome: "the log has it as unset" });
};

const TARGETS: ReadonlyMap<string, AccessLogSettings["target"]> = new Map([
  ["/var/log/nginx/access.log", "stdout"],
  ["/dev/stdout", "stdout"],
  ["/dev/stderr", "stderr"],
  ["/var/log/nginx/error.log", "stderr"],
  ["off", "off"],
]);

/** No file is ever opened because an object names it: nginx's own paths mean what they mean in its image. */
export const applyLogPath: Apply = (text, settings) => {
  const target = TARGETS.get(text);
  if (target !== undefined) return ok({ ...settings, ...withAccessLog(settings, { target }) });
  const message = `"${printable(text)}" is none of ${[...TARGETS.keys()].join(", ")}`;
  const next = { ...settings, ...withAccessLog(settings, { target: "stdout" }) };
  return err({ message, settings: next, outcome: "the log goes to standard output" });
};

/** nginx's levels, as far as there are lines of them. */
const LEVELS: ReadonlyMap<string, ErrorLogLevel> = new Map([
  ["debug", "notice"],
  ["info", "notice"],
  ["notice", "notice"],
  ["warn", "warn"],
  ["error", "error"],
  ["crit", "off"],
  ["alert", "off"],
  ["emerg", "off"],
]);

export const applyErrorLogLevel: Apply = (text, settings) => {
  const errorLogLevel = LEVELS.get(text);
  if (errorLogLevel !== undefined) return ok({ ...settings, errorLogLevel });
  const message = `"${printable(text)}" is none of ${[...LEVELS.keys()].join(", ")}`;
  return err({ message, settings, outcome: "notice applies" });
};

/** nginx's map of `$request_uri`: whole targets, or patterns after `~` (with case) and `~*` (without). */
export const applyLogSkips: Apply = (text, settings) => {
  const read = parseList(text).map(readSkip);
  const skip = read.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  const next = { ...settings, ...withAccessLog(settings, { skip }) };
  const faults = read.flatMap(({ fault }) => (fault === null ? [] : [fault]));
  if (faults.length === 0) return ok(next);
  return err({ message: faults.join("; "), settings: next, outcome: "what it should skip is logged" });
};

interface ReadSkip {
  readonly entry: LogSkip | null;
  readonly fault: string | null;
}

function readSkip(item: string): ReadSkip {
  if (!item.startsWith("~")) return { entry: { kind: "target", target: item }, fault: null };
  const ignoreCase = item.startsWith("~*");
  const pattern = item.slice(ignoreCase ? 2 : 1);
  const mode: CaseMode = ignoreCase ? "ignore-case" : "match-case";
  const parsed = parsePattern(pattern, mode);
  if (parsed.ok) return { entry: { kind: "pattern", pattern, ignoreCase }, fault: null };
  const { kind, message } = parsed.error;
  const what = kind === "syntax" ? "is no regex in RE2 syntax" : "is too large as a regex";
  return { entry: null, fault: `"${printable(item)}" ${what} (${printable(message)})` };
}
