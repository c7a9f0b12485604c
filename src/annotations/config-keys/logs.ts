import { printable } from "../../lib/printable.ts";
import { err, ok } from "../../lib/result.ts";
import type { AccessLogSettings, LogSkip } from "../../model/log-format.ts";
import { readLogFormat } from "./read-log-format.ts";
import type { ErrorLogLevel } from "../../model/settings.ts";
import { type CaseMode, parsePattern } from "../../patterns/patterns.ts";
import { type Apply, at, type ConfigKey, Keys, partsOf, type Setting, withChanged } from "../entries/config-key.ts";
import { parseList } from "../entries/value-parsers.ts";

const keys = new Keys({ group: "Logs" });
const withLog = partsOf("log", "accessLog");

/** A variable that is not known costs itself only: everything else of a line stays in its place. */
const applyLogFormat: Apply = (text, settings) => {
  const { pieces, faults } = readLogFormat(text);
  const next = withLog(settings, { format: pieces });
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
const applyLogPath: Apply = (text, settings) => {
  const target = TARGETS.get(text);
  if (target !== undefined) return ok(withLog(settings, { target }));
  const message = `"${printable(text)}" is none of ${[...TARGETS.keys()].join(", ")}`;
  const next = withLog(settings, { target: "stdout" });
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

const applyErrorLogLevel: Apply = (text, settings) => {
  const errorLogLevel = LEVELS.get(text);
  if (errorLogLevel !== undefined) return ok(withChanged(settings, "log", { errorLogLevel }));
  const message = `"${printable(text)}" is none of ${[...LEVELS.keys()].join(", ")}`;
  return err({ message, settings, outcome: "notice applies" });
};

/** nginx's map of `$request_uri`: whole targets, or patterns after `~` (with case) and `~*` (without). */
const applyLogSkips: Apply = (text, settings) => {
  const read = parseList(text).map(readSkip);
  const skip = read.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  const next = withLog(settings, { skip });
  const faults = read.flatMap(({ fault }) => (fault === null ? [] : [fault]));
  if (faults.length === 0) return ok(next);
  return err({ message: faults.join("; "), settings: next, outcome: "what it should skip is logged" });
};

/** In this order: a later key has the last word over an earlier one. */
export const LOG_KEYS: readonly ConfigKey[] = [
  keys.custom(applyLogFormat, {
    name: "log-format-upstream",
    fallback: "nginx's combined format and upstream fields",
    status: { kind: "differs", how: "a variable that is not known is logged as unset, where nginx refuses to start" },
    doc: "Format of the access log; its variables are on the page access-log.md.",
  }),
  keys.bool(whereTrue({ escape: "json" }), {
    name: "log-format-escape-json",
    fallback: "false",
    doc: "Escapes values for JSON; unset ones are empty.",
  }),
  keys.bool(whereTrue({ escape: "none" }), {
    name: "log-format-escape-none",
    fallback: "false",
    status: { kind: "differs", how: "control characters are escaped all the same, so that no value ends a line" },
    doc: "Escapes nothing.",
  }),
  keys.custom(applyLogPath, {
    name: "access-log-path",
    fallback: "/var/log/nginx/access.log",
    status: {
      kind: "differs",
      how: "nginx's default path, /dev/stdout, /dev/stderr and off are known; no other file is opened",
    },
    doc: "Where the access log goes; the default is standard output, as in nginx's image.",
  }),
  keys.custom(applyLogPath, {
    name: "http-access-log-path",
    fallback: "",
    status: { kind: "differs", how: "as access-log-path" },
    doc: "Where the access log of HTTP goes; the last word over access-log-path.",
  }),
  keys.bool(whereTrue({ target: "off" }), {
    name: "disable-access-log",
    fallback: "false",
    doc: "No access log.",
  }),
  keys.bool(whereTrue({ target: "off" }), {
    name: "disable-http-access-log",
    fallback: "false",
    doc: "No access log of HTTP.",
  }),
  keys.bool(at("log", "accessLog", "defaultBackend"), {
    name: "enable-access-log-for-default-backend",
    fallback: "false",
    doc: "Also logs requests that no rule matches.",
  }),
  keys.custom(applyLogSkips, {
    name: "skip-access-log-urls",
    type: "list",
    fallback: "",
    doc: "Targets, with their query, that are not logged; `~` and `~*` begin a regex.",
  }),
  keys.custom(applyErrorLogLevel, {
    name: "error-log-level",
    fallback: "notice",
    status: {
      kind: "differs",
      how: "for lines about requests and connections; debug and info mean notice, what is above error means none; --v is the program's own level",
    },
    doc: "Lines of the error log below this level are left out.",
  }),
];

/** What a key asks for where it says so; `false` takes nothing back. */
function whereTrue(patch: Partial<AccessLogSettings>): Setting<boolean> {
  return (settings, on) => (on ? withLog(settings, patch) : settings);
}

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
