import { nearestName } from "../../lib/nearest-name.ts";
import { printable } from "../../lib/printable.ts";
import type { Problem } from "../../model/problem.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../model/settings.ts";
import type { SourceRef } from "../../model/source.ts";
import { type Apply, type ConfigKey, withChanged } from "../entries/config-key.ts";
import { CONFIG_KEY_BY_NAME, CONFIG_KEYS } from "../config-keys/config-keys.ts";
import { notice, toProblem, type Finding } from "../entries/finding.ts";
import { parseBool } from "../entries/value-parsers.ts";

/**
 * The controller's ConfigMap as settings. Never throws: a value that cannot be decoded costs its own default, every key that is
 * set but has no effect is named, and a global access control that cannot be honoured closes all routes
 * (`settings.translation.closedReason`).
 */
export function parseConfigMap(
  data: ReadonlyMap<string, string>,
  source: SourceRef,
): { readonly settings: Settings; readonly problems: readonly Problem[] } {
  const reading: Reading = { data, source, problems: [], closed: [] };
  let settings = DEFAULT_SETTINGS;
  for (const key of CONFIG_KEYS) settings = applyKey(reading, key, settings);
  for (const name of data.keys()) if (!CONFIG_KEY_BY_NAME.has(name)) reportUnknown(reading, name);
  const closedReason = reading.closed.length === 0 ? null : reading.closed.join("; ");
  return { settings: withChanged(settings, "translation", { closedReason }), problems: reading.problems };
}

interface Reading {
  readonly data: ReadonlyMap<string, string>;
  readonly source: SourceRef;
  readonly problems: Problem[];
  readonly closed: string[];
}

function applyKey(reading: Reading, key: ConfigKey, settings: Settings): Settings {
  const text = reading.data.get(key.name);
  if (text === undefined) return settings;
  if (key.apply !== null) return applyValue(reading, key, key.apply, settings);
  if (!isNoop(key, text)) report(reading, key.name, findUnsupported(key));
  return settings;
}

function applyValue(reading: Reading, key: ConfigKey, apply: Apply, settings: Settings): Settings {
  const text = reading.data.get(key.name) ?? "";
  // Empty is Go's zero value: false and 0; text and lists keep their defaults.
  if (text.trim() === "" && key.type === "text") return settings;
  const fault = faultOf(text, key);
  if (fault !== null && key.protects) {
    const message = `${fault}; it is access control, so every route answers 503 until it is corrected`;
    report(reading, key.name, { severity: "error", message, effect: "closed" });
    return settings;
  }
  if (fault !== null) {
    report(reading, key.name, { severity: "error", message: `${fault}; the default applies`, effect: "ignored" });
    return settings;
  }
  const applied = apply(key.type === "list" ? text : text.trim(), settings);
  if (applied.ok) return applied.value;
  const message = `${applied.error.message}; ${applied.error.outcome}`;
  report(reading, key.name, { severity: "error", message, effect: "ignored" });
  return applied.error.settings;
}

const MAX_VALUE_LENGTH = 65_536;

function faultOf(text: string, key: ConfigKey): string | null {
  if (text.length > MAX_VALUE_LENGTH) return `longer than ${MAX_VALUE_LENGTH} characters`;
  const body = key.type === "list" ? text.replaceAll(/[\r\n\t]/g, " ") : text.trim();
  return /[\u0000-\u001f\u007f]/.test(body) ? "control characters are not allowed" : null;
}

/** True for a value that asks for what happens anyway. */
function isNoop(key: ConfigKey, text: string): boolean {
  const value = text.trim();
  if (value === key.fallback || key.isNoop(value)) return true;
  if (key.type !== "bool") return value === "" && !key.protects;
  const asked = value === "" ? { ok: true, value: false } : parseBool(value);
  return asked.ok && asked.value === (key.fallback === "true");
}

function findUnsupported(key: ConfigKey): Finding {
  if (key.protects) {
    const why = key.status.kind === "refused" ? key.status.why : "not supported yet";
    const message = `access control without effect (${why}): traffic is NOT protected by it, so every route answers 503; remove the key to serve without it`;
    return { severity: "error", message, effect: "closed" };
  }
  if (key.status.kind === "refused") {
    return { severity: "error", message: `refused: ${key.status.why}; remove it`, effect: "ignored" };
  }
  if (key.status.kind === "accepted") return notice(`no effect: ${key.status.why}`);
  return { severity: "warning", message: "not supported yet, no effect; remove it to silence this", effect: "ignored" };
}

function reportUnknown(reading: Reading, name: string): void {
  const nearest = nearestName(name, CONFIG_KEY_BY_NAME.keys());
  const closes = nearest !== null && CONFIG_KEY_BY_NAME.get(nearest)?.protects === true;
  const hint = nearest === null ? "correct or remove it" : `did you mean ${nearest}?`;
  const message = closes
    ? `unknown, and it looks like access control, so every route answers 503; ${hint}`
    : `unknown, no effect; ${hint}`;
  report(reading, name, {
    severity: closes ? "error" : "warning",
    message,
    effect: closes ? "closed" : "ignored",
  });
}

function report(reading: Reading, name: string, finding: Finding): void {
  const place = {
    source: reading.source,
    field: `data[${printable(name)}]`,
    value: reading.data.get(name) ?? "",
    reason: "ConfigMapKey",
  };
  const message = `${printable(name)}: ${finding.message}`;
  reading.problems.push(toProblem({ ...finding, message }, place, "ignored"));
  if (finding.effect === "closed") reading.closed.push(`ConfigMap key ${message}`);
}
