import { compileCidrs } from "../../lib/cidr.ts";
import { isIP } from "node:net";

/** A proxy, and what names it: its own text may hold a password. */
export interface NamedProxy {
  readonly url: string;
  readonly namedBy: string;
}

const VARIABLES: Readonly<Record<string, { readonly name: string; readonly port: string }>> = {
  "https:": { name: "HTTPS_PROXY", port: "443" },
  "http:": { name: "HTTP_PROXY", port: "80" },
};
const LOOPBACK = compileCidrs(["127.0.0.0/8", "::1/128"]);

/**
 * The proxy that kubectl would ask for this server: of HTTPS_PROXY or HTTP_PROXY, unless NO_PROXY names the server; null where there is none.
 * The names may be written small, as everywhere (golang.org/x/net/http/httpproxy).
 */
export function proxyOfEnvironment(
  server: string,
  env: Readonly<Record<string, string | undefined>>,
): NamedProxy | null {
  const url = URL.parse(server);
  const variable = VARIABLES[url?.protocol ?? ""];
  if (url === null || variable === undefined) return null;
  const proxy = readVariable(env, variable.name);
  const host = bareHost(url.hostname);
  const port = url.port === "" ? variable.port : url.port;
  if (proxy === "" || isLocal(host) || isExempt(readVariable(env, "NO_PROXY"), host, port)) return null;
  return { url: proxy.includes("://") ? proxy : `http://${proxy}`, namedBy: variable.name };
}

function readVariable(env: Readonly<Record<string, string | undefined>>, name: string): string {
  return (env[name] || env[name.toLowerCase()] || "").trim();
}

function isLocal(host: string): boolean {
  return host === "localhost" || LOOPBACK.has(host);
}

/** One of the parts names it: `*`, an address, a range, or a domain with all that is below it, each but the first two with or without a port. */
function isExempt(list: string, host: string, port: string): boolean {
  return list
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .some((part) => part === "*" || (part !== "" && names(part, host, port)));
}

function names(part: string, host: string, port: string): boolean {
  if (part.includes("/")) return compileCidrs([part]).has(host);
  const [name, ownPort] = splitPort(part);
  if (ownPort !== "" && ownPort !== port) return false;
  if (isIP(name) !== 0) return compileCidrs([name]).has(host);
  if (isIP(host) !== 0 || name === "") return false;
  const domain = name.startsWith("*.") ? name.slice(1) : name;
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function splitPort(part: string): readonly [name: string, port: string] {
  if (isIP(part) !== 0) return [part, ""];
  const colon = part.lastIndexOf(":");
  if (colon === -1) return [bareHost(part), ""];
  return part.endsWith("]") ? [bareHost(part), ""] : [bareHost(part.slice(0, colon)), part.slice(colon + 1)];
}

/** Without the brackets of an IPv6 address. */
function bareHost(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
