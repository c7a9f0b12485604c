import { err, ok, type Result } from "../lib/result.ts";
import { parseCidr } from "../lib/cidr.ts";
import { printable } from "../lib/printable.ts";
import type { Settings } from "../model/settings.ts";
import type { Apply } from "./config-key.ts";
import { parseBool, parseHeaderName, parseIntAtLeast, parseList } from "./value-parsers.ts";

type Patch = Partial<Settings>;

/** From a parser of text and what its value changes. A bad value leaves the settings alone. */
export function setting<T>(parse: (text: string) => Result<T>, patch: (value: T, settings: Settings) => Patch): Apply {
  return (text, settings) => {
    const parsed = parse(text);
    if (parsed.ok) return ok({ ...settings, ...patch(parsed.value, settings) });
    return err({ message: parsed.error, settings, outcome: "the default applies" });
  };
}

/** Go's ParseBool, and empty is false: so decodes ingress-nginx its ConfigMap. */
export function boolSetting(patch: (value: boolean, settings: Settings) => Patch): Apply {
  return setting((text) => (text === "" ? ok(false) : parseBool(text)), patch);
}

/** Go's Atoi, and empty is 0. */
export function intSetting(minimum: number, patch: (value: number, settings: Settings) => Patch): Apply {
  return setting((text) => parseIntAtLeast(minimum)(text === "" ? "0" : text), patch);
}

export function listSetting(patch: (items: readonly string[], settings: Settings) => Patch): Apply {
  return (text, settings) => ok({ ...settings, ...patch(parseList(text), settings) });
}

const RISK_LEVELS = ["low", "medium", "high", "critical"] as const;

/** In any case. As ingress-nginx, what is none of them is the strictest. */
export const applyRiskLevel: Apply = (text, settings) => {
  const annotationsRiskLevel = RISK_LEVELS.find((level) => level === text.trim().toLowerCase());
  if (annotationsRiskLevel !== undefined) return ok({ ...settings, annotationsRiskLevel });
  return err({
    message: "expected Low, Medium, High or Critical",
    settings: { ...settings, annotationsRiskLevel: "low" },
    outcome: "Low applies",
  });
};

/** A status that a limit may answer with. */
export function parseErrorStatus(text: string): Result<number> {
  const status = parseIntAtLeast(400)(text);
  return status.ok && status.value <= 599 ? status : err("expected a status between 400 and 599");
}

/**
 * Peers whose forwarded headers are believed. The default is everybody, so a bad entry must not bring it back: the good
 * entries stay, and without any nobody is believed.
 */
export const applyTrustedProxies: Apply = (text, settings) => {
  const items = parseList(text);
  if (items.length === 0) return ok(settings);
  const parsed = items.map((item) => ({ item, cidr: parseCidr(item) }));
  const cidrs = parsed.flatMap(({ cidr }) => (cidr.ok ? [cidr.value] : []));
  const bad = parsed.find(({ cidr }) => !cidr.ok);
  const next = { ...settings, proxyRealIpCidrs: [...new Set(cidrs)] };
  if (bad === undefined) return ok(next);
  return err({
    message: `"${printable(bad.item)}" is not an IP address or CIDR`,
    settings: next,
    outcome: cidrs.length === 0 ? "nobody is trusted" : "only the valid entries are trusted",
  });
};

/** Names are kept in lower case. Bad ones are left out: to hide the others is still right. */
export const applyHiddenHeaders: Apply = (text, settings) => {
  const items = parseList(text);
  const bad = items.find((item) => !parseHeaderName(item).ok);
  const names = items.filter((item) => parseHeaderName(item).ok).map((item) => item.toLowerCase());
  const next = { ...settings, hideHeaders: [...new Set(names)] };
  if (bad === undefined) return ok(next);
  return err({
    message: `"${printable(bad)}" is not a header name`,
    settings: next,
    outcome: "only the valid ones are hidden",
  });
};
