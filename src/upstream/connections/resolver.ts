import { lookup, Resolver } from "node:dns/promises";

/** Addresses of a name and for how long they hold. */
export interface ResolvedName {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

/** Where names are looked up; tests bring their own. Rejects when there is no answer. */
export interface AddressResolver {
  resolve(host: string): Promise<ResolvedName>;
  /** Gives up what is under way. */
  close(): void;
}

const QUERY_TIMEOUT_MS = 2_000;
/** getaddrinfo tells no TTL. */
const LOOKUP_TTL_MS = 5_000;

/**
 * The system's name servers. IPv4 first, IPv6 only where there is none, as in ingress-nginx. A name they do not know as it
 * stands goes through getaddrinfo, which knows the search domains and `ndots` of resolv.conf; a trailing dot forbids that.
 * `servers` (`ip` or `ip:port`) replaces the name servers of resolv.conf.
 */
export function openSystemResolver(servers: readonly string[] | null = null): AddressResolver {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 2 });
  if (servers !== null) resolver.setServers(servers);
  return {
    resolve: (host) => resolveName(resolver, host),
    close: () => resolver.cancel(),
  };
}

async function resolveName(resolver: Resolver, host: string): Promise<ResolvedName> {
  const direct = (await queryA(resolver, host)) ?? (await queryAaaa(resolver, host));
  if (direct !== null) return direct;
  if (host.endsWith(".")) throw new Error("the name has no addresses");
  const found = await lookup(host, { all: true, order: "ipv4first" });
  const family = found[0]?.family;
  const addresses = found.filter((entry) => entry.family === family).map((entry) => entry.address);
  return { addresses, ttlMs: LOOKUP_TTL_MS };
}

async function queryA(resolver: Resolver, host: string): Promise<ResolvedName | null> {
  try {
    return fromRecords(await resolver.resolve4(host, { ttl: true }));
  } catch {
    return null;
  }
}

async function queryAaaa(resolver: Resolver, host: string): Promise<ResolvedName | null> {
  try {
    return fromRecords(await resolver.resolve6(host, { ttl: true }));
  } catch {
    return null;
  }
}

function fromRecords(records: readonly { readonly address: string; readonly ttl: number }[]): ResolvedName | null {
  if (records.length === 0) return null;
  const ttl = Math.min(...records.map((record) => record.ttl));
  return { addresses: records.map((record) => record.address), ttlMs: ttl * 1000 };
}
