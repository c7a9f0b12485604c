import type { Route } from "../model/route.ts";
import { DEFAULT_HOST, type VirtualHost } from "../model/virtual-host.ts";
import { compileHost } from "../router/router.ts";

/** A request that certainly reaches a route, for people to try. */
export interface Sample {
  readonly route: Route;
  readonly path: string;
  /** Reaches the route: https where plain http is redirected. */
  readonly url: string;
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly redirectsToHttps: boolean;
  readonly hasCertificate: boolean;
}

export interface PublicPorts {
  readonly http: number;
  readonly https: number;
}

/** Tried in this order where the path is a regex: the first one that the route itself serves is taken. */
const REGEX_TAILS = ["/hello", "/", "", "hello"];
const REGEX_SYNTAX = /[\\^$.|?*+()[\]{}]/;

/** One sample for each route that forwards; routes whose regex nobody can guess are left out. */
export function sampleRoutes(hosts: Iterable<VirtualHost>, ports: PublicPorts): readonly Sample[] {
  return [...hosts].toSorted((a, b) => (a.id < b.id ? -1 : 1)).flatMap((host) => sampleHost(host, ports));
}

function sampleHost(host: VirtualHost, ports: PublicPorts): readonly Sample[] {
  const compiled = compileHost(host, (route) => route);
  const forwarding = host.routes.filter(({ action }) => action.kind === "forward");
  const samples: Sample[] = [];
  for (const route of forwarding) {
    const path = samplePaths(host, route).find((candidate) => {
      const match = compiled.match(candidate);
      return match?.kind === "route" && match.payload === route;
    });
    if (path !== undefined) samples.push(sampleOf(host, route, path, ports));
  }
  return samples;
}

function samplePaths(host: VirtualHost, route: Route): readonly string[] {
  if (!host.regexMode) return [route.path];
  const syntaxAt = route.path.search(REGEX_SYNTAX);
  const literal = syntaxAt === -1 ? route.path : route.path.slice(0, syntaxAt);
  return REGEX_TAILS.map((tail) => `${literal.replace(/\/$/, "")}${tail}`);
}

function sampleOf(host: VirtualHost, route: Route, path: string, ports: PublicPorts): Sample {
  const name = callableName(host.id);
  const httpUrl = `http://${name}:${ports.http}${path}`;
  const httpsUrl = `https://${name}:${ports.https}${path}`;
  const { always, whenCertificate } = route.filters.tlsRedirect;
  const hasCertificate = host.certificate !== null;
  const redirectsToHttps = always || (whenCertificate && hasCertificate);
  return {
    route,
    path,
    httpUrl,
    httpsUrl,
    url: redirectsToHttps ? httpsUrl : httpUrl,
    redirectsToHttps,
    hasCertificate,
  };
}

function callableName(hostId: string): string {
  if (hostId === DEFAULT_HOST) return "127.0.0.1";
  return hostId.startsWith("*.") ? `demo${hostId.slice(1)}` : hostId;
}
