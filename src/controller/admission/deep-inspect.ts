import { isRecord } from "../../kubernetes/parse-fields.ts";
import { printable } from "../../lib/printable.ts";

/**
 * What ingress-nginx's deep inspection looks for. Nothing of it could do harm here, where objects never become configuration text; but
 * somebody tries to attack a controller, perhaps the other one in the cluster, and that should not pass.
 */
const SUSPICIOUS: readonly (readonly [isIn: (text: string) => boolean, what: string])[] = [
  [holdsDirective, "an nginx directive"],
  [(text) => SYSTEM_FILE.test(text), "the path of a system file"],
  [(text) => SERVICE_ACCOUNT.test(text), "the path of a service account's token"],
  [(text) => LUA.test(text), "Lua code"],
];
const SYSTEM_FILE = /\/etc\/(?:passwd|shadow|group|nginx|ingress-controller)/i;
const SERVICE_ACCOUNT = /\/var\/run\/secrets/i;
const LUA = /_by_lua/i;
const DIRECTIVE_NAME = /(?:^|[\s;{}])(?:alias|root)\s/i;

/** A directive ends with its semicolon. Where the first name has none behind it, no later one has. */
function holdsDirective(text: string): boolean {
  const found = DIRECTIVE_NAME.exec(text);
  return found !== null && text.includes(";", found.index + found[0].length);
}

/** Looks at hosts, paths and the TLS section of an Ingress as it was sent, in time linear in them; null when nothing was found. */
export function inspectDeeply(ingress: Readonly<Record<string, unknown>>): string | null {
  const spec = isRecord(ingress["spec"]) ? ingress["spec"] : {};
  for (const text of textsOf(spec)) {
    for (const [isIn, what] of SUSPICIOUS) {
      if (isIn(text)) return `${JSON.stringify(printable(text))} holds ${what}`;
    }
  }
  return null;
}

function* textsOf(spec: Readonly<Record<string, unknown>>): Iterable<string> {
  for (const rule of listOf(spec["rules"])) {
    if (typeof rule["host"] === "string") yield rule["host"];
    const http = isRecord(rule["http"]) ? rule["http"] : {};
    for (const path of listOf(http["paths"])) if (typeof path["path"] === "string") yield path["path"];
  }
  for (const tls of listOf(spec["tls"])) {
    if (typeof tls["secretName"] === "string") yield tls["secretName"];
    const hosts: unknown = tls["hosts"];
    if (Array.isArray(hosts)) for (const host of hosts) if (typeof host === "string") yield host;
  }
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
