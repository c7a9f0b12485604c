import { isIPv6 } from "node:net";
import { isLocalName } from "../lib/host-name.ts";
import type { Route } from "../model/route.ts";
import { DEFAULT_HOST, type VirtualHost } from "../model/virtual-host.ts";
import { compileHost } from "../router/router.ts";

/** A request that certainly reaches a route, for people to try. */
export interface Sample {
  readonly route: Route;
  readonly path: string;
  /** Reaches the route: https where plain http is redirected. */
  readonly target: Target;
  readonly http: Target;
  readonly https: Target;
  readonly redirectsToHttps: boolean;
  readonly hasCertificate: boolean;
}

/** What curl is to be told so that it asks this machine and no other. */
export interface Target {
  readonly url: string;
  /** `HOST:PORT:ADDRESS` for `--resolve`; empty for names that are this machine anyway. */
  readonly resolve: string;
}

/** Where we listen. */
export interface PublicPlace {
  /** As `--bind-address` says it. */
  readonly address: string;
  readonly http: number;
  readonly https: number;
}

/** Tried in this order where the path is a regex: the first one that the route itself serves is taken. */
const REGEX_TAILS = ["/hello", "/", "", "hello"];
const REGEX_SYNTAX = /[\\^$.|?*+()[\]{}]/;
/** Addresses to listen on, behind which curl finds us by a name below `.localhost`. */
const LOOPBACK = new Set(["", "0.0.0.0", "::", "::1", "127.0.0.1", "localhost"]);

/** One sample for each route that forwards; routes whose regex yields no sample are left out. */
export function sampleRoutes(hosts: Iterable<VirtualHost>, place: PublicPlace): readonly Sample[] {
  return [...hosts].toSorted((a, b) => (a.id < b.id ? -1 : 1)).flatMap((host) => sampleHost(host, place));
}

/** What to call us by where no name is needed; IPv6 in brackets. */
export function reachableAddress(address: string): string {
  if (isIPv6(address) && address !== "::") return `[${address}]`;
  return address === "" || address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address;
}

function sampleHost(host: VirtualHost, place: PublicPlace): readonly Sample[] {
  const compiled = compileHost(host, (route) => route);
  const forwarding = host.routes.filter(({ action }) => action.kind === "forward");
  const samples: Sample[] = [];
  for (const route of forwarding) {
    const path = samplePaths(host, route).find((candidate) => {
      const match = compiled.match(candidate);
      return match?.kind === "route" && match.payload === route;
    });
    if (path !== undefined) samples.push(sampleOf(host, route, path, place));
  }
  return samples;
}

function samplePaths(host: VirtualHost, route: Route): readonly string[] {
  if (!host.regexMode) return [route.path];
  const syntaxAt = route.path.search(REGEX_SYNTAX);
  const literal = syntaxAt === -1 ? route.path : route.path.slice(0, syntaxAt);
  return REGEX_TAILS.map((tail) => `${literal.replace(/\/$/, "")}${tail}`);
}

function sampleOf(host: VirtualHost, route: Route, path: string, place: PublicPlace): Sample {
  const http = targetOf("http", host.id, path, place);
  const https = targetOf("https", host.id, path, place);
  const redirect = route.filters.tlsRedirect;
  const hasCertificate = host.certificate !== null;
  const redirectsToHttps = redirect !== undefined && (redirect.always || (redirect.whenCertificate && hasCertificate));
  return { route, path, http, https, target: redirectsToHttps ? https : http, redirectsToHttps, hasCertificate };
}

function targetOf(scheme: "http" | "https", hostId: string, path: string, place: PublicPlace): Target {
  const name = callableName(hostId, place);
  const port = place[scheme];
  const isKnown = hostId === DEFAULT_HOST || (isLocalName(name) && LOOPBACK.has(place.address));
  const address = place.address === "localhost" ? "127.0.0.1,[::1]" : reachableAddress(place.address);
  return { url: `${scheme}://${name}:${port}${path}`, resolve: isKnown ? "" : `${name}:${port}:${address}` };
}

function callableName(hostId: string, { address }: PublicPlace): string {
  if (hostId === DEFAULT_HOST) return reachableAddress(address);
  return hostId.startsWith("*.") ? `demo${hostId.slice(1)}` : hostId;
}
