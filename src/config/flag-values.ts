import { parseCidr } from "../lib/cidr.ts";
import { parseGoBool, parseGoInt } from "../lib/go-values.ts";
import { isLocalName, parseAuthority } from "../lib/host-name.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Endpoint } from "../model/upstream.ts";

/** From a flag's text to its value. Errors are half sentences: what was expected. */

export function parseBoolFlag(text: string): Result<boolean> {
  const parsed = parseGoBool(text);
  return parsed.ok ? parsed : err("expected true or false");
}

export function parsePort(text: string): Result<number> {
  const port = parseGoInt(text);
  return port.ok && port.value >= 0 && port.value <= 65_535 ? port : err("expected a port between 0 and 65535");
}

/** Whole seconds, at most a day, as milliseconds. */
export function parseSeconds(text: string): Result<number> {
  const seconds = parseGoInt(text);
  return seconds.ok && seconds.value >= 0 && seconds.value <= 86_400
    ? ok(seconds.value * 1000)
    : err("expected whole seconds, at most 86400");
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's duration, such as `30s` or `1m30s`, in milliseconds; a day at most. */
export function parseDuration(text: string): Result<number> {
  if (text.length > 64 || !DURATION.test(text)) return err("expected a duration such as 30s or 1m30s");
  let totalMs = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/([\d.]+)(ms|s|m|h)/gy)) {
    totalMs += Number(number) * (UNITS_MS[unit] ?? 0);
  }
  return totalMs <= 86_400_000 ? ok(totalMs) : err("expected a duration of at most 24h");
}

const MAX_WORKERS = 256;

/** A number of threads; null for `auto`. */
export function parseWorkers(text: string): Result<number | null> {
  if (text === "auto") return ok(null);
  const count = parseGoInt(text);
  return count.ok && count.value >= 1 && count.value <= MAX_WORKERS
    ? count
    : err(`expected auto, or a number between 1 and ${MAX_WORKERS}`);
}

const MAX_RATE = 100_000;

/** Requests a second, or at once. */
export function parseRate(text: string): Result<number> {
  const rate = parseGoInt(text);
  return rate.ok && rate.value >= 1 && rate.value <= MAX_RATE
    ? rate
    : err(`expected a number between 1 and ${MAX_RATE}`);
}

/** An IP address to listen on; empty for all. */
export function parseAddress(text: string): Result<string> {
  if (text === "" || text === "localhost") return ok(text);
  return !text.includes("/") && parseCidr(text).ok ? ok(text) : err("expected an IP address such as 127.0.0.1");
}

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** A name as Kubernetes has them. */
export function parseName(text: string): Result<string> {
  return NAME.test(text) ? ok(text) : err("expected a name of lower-case letters, digits, - and .");
}

/** `namespace/name`; null when empty. */
export function parseObject(text: string): Result<string | null> {
  if (text === "") return ok(null);
  const [namespace = "", name = "", ...rest] = text.split("/");
  if (rest.length === 0 && NAME.test(namespace) && NAME.test(name)) return ok(text);
  return err("expected NAMESPACE/NAME");
}

/** An IngressClass controller: a domain, a slash and a path. ingress-nginx takes any text, so only blanks are refused. */
export function parseControllerClass(text: string): Result<string> {
  return /^[\x21-\x7e]+$/.test(text) ? ok(text) : err("expected a controller such as k8s.io/ingress-nginx");
}

export function parsePath(text: string): Result<string> {
  return /^\/[\x21-\x7e]*$/.test(text) ? ok(text) : err("expected a path such as /healthz");
}

/** An http or https URL; null when empty. */
export function parseUrl(text: string): Result<string | null> {
  if (text === "") return ok(null);
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol)
    ? ok(text)
    : err("expected a URL such as https://10.0.0.1:6443");
}

/** Null when empty. */
export function optional<T>(parse: (text: string) => Result<T>): (text: string) => Result<T | null> {
  return (text) => (text === "" ? ok(null) : parse(text));
}

/** Any text; null when empty. */
export function parseText(text: string): Result<string | null> {
  return ok(text === "" ? null : text);
}

/** One `--map`: where a Service's traffic goes. */
export interface Mapping {
  /** `namespace/service`, or `namespace/service:port`. */
  readonly service: string;
  readonly endpoint: Endpoint;
}

/**
 * `[NAMESPACE/]SERVICE[:PORT]=[HOST:]PORT`. The namespace is `default` unless given. A port alone, `localhost` and the names below it
 * mean this machine, on whichever of its loopback addresses something listens.
 */
export function parseMapping(text: string): Result<Mapping> {
  const [left = "", right = "", ...rest] = text.split("=");
  const [, namespace = "default", name, port] =
    /^(?:([a-z0-9][a-z0-9-]*)\/)?([a-z0-9][a-z0-9-]*)(?::([a-z0-9][a-z0-9-]*))?$/.exec(left) ?? [];
  const target = parseAuthority(/^:?\d+$/.test(right) ? `localhost:${right.replace(":", "")}` : right);
  if (rest.length > 0 || name === undefined || !target.ok || target.value.port === null) {
    return err("expected [NAMESPACE/]SERVICE[:PORT]=[HOST:]PORT, such as web=3000 or web=10.0.0.7:3000");
  }
  const service = `${namespace}/${name}${port === undefined ? "" : `:${port}`}`;
  return ok({ service, endpoint: endpointAt(target.value.host, target.value.port) });
}

function endpointAt(host: string, port: number): Endpoint {
  if (isLocalName(host)) return { kind: "address", address: "localhost", port };
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  return parseCidr(bare).ok ? { kind: "address", address: bare, port } : { kind: "name", host, port };
}
