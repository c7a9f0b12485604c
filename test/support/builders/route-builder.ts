import type { Filters } from "../../../src/model/filters/filters.ts";
import type { HeaderEdits } from "../../../src/model/filters/header-edits.ts";
import type { Affinity, Backend, Forward } from "../../../src/model/forward.ts";
import type { PathType, Route } from "../../../src/model/route.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";
import { type CanaryParts, canaryBackend } from "./filter-builder.ts";

/** What a route may have beyond that of an Ingress without annotations: its filters, and how its upstreams are asked. */
export interface RouteParts extends Partial<Pick<Forward, "timeouts" | "retry" | "host" | "responseHeadBytes">> {
  readonly implicit?: boolean;
  readonly tlsRedirect?: Filters["tlsRedirect"] | null;
  /** 0 is unlimited. */
  readonly bodyLimitBytes?: number;
  readonly limits?: Filters["limits"] | null;
  readonly requestHeaders?: HeaderEdits;
  readonly responseHeaders?: HeaderEdits;
  readonly cors?: Filters["cors"];
  readonly compression?: Filters["compression"];
  readonly rewrite?: { readonly target: string; readonly forwardedPrefix?: string | null } | null;
  /** What the route's own upstream speaks; absent: http. */
  readonly protocol?: Backend["transport"]["protocol"];
  readonly affinity?: Affinity | null;
  readonly canary?: CanaryParts | null;
}

/** A route to a Service of the same name as `id`, in namespace `test`. */
export function buildRoute(id: string, pathType: PathType, path: string, parts: RouteParts = {}): Route {
  const { implicit = false } = parts;
  const service = { namespace: "test", name: id, port: "80" };
  return {
    id,
    pathType,
    path,
    implicit,
    source: { kind: "Ingress", namespace: "test", name: id },
    service,
    action: buildForward(`test-${id}-80`, { service, ...parts }),
    filters: buildFilters(parts),
  };
}

type ForwardParts = Omit<RouteParts, "implicit" | keyof Filters | "bodyLimitBytes"> & Partial<Pick<Route, "service">>;

/** The action of a route to that upstream. */
export function buildForward(upstream: string, parts: ForwardParts = {}): Forward {
  const { timeouts, retry, responseHeadBytes } = DEFAULT_SETTINGS.translation;
  const {
    protocol = "http",
    affinity = null,
    canary = null,
    service = { namespace: "test", name: upstream, port: "80" },
  } = parts;
  return {
    kind: "forward",
    backends: [
      buildBackend(upstream, { service, transport: { protocol, security: null }, affinity }),
      ...(canary === null ? [] : [canaryBackend(canary)]),
    ],
    timeouts: parts.timeouts ?? timeouts,
    retry: parts.retry ?? retry,
    host: parts.host ?? null,
    responseHeadBytes: parts.responseHeadBytes ?? responseHeadBytes,
  };
}

/** A backend of that upstream and of the Service of the same name; null: it leads nowhere. */
export function buildBackend(upstream: string | null, parts: Partial<Backend> = {}): Backend {
  const service = { namespace: "test", name: upstream ?? "gone", port: "80" };
  return {
    upstream,
    service,
    transport: { protocol: "http", security: null },
    weight: 1,
    rule: null,
    affinity: null,
    filters: {},
    ...parts,
  };
}

function buildFilters(parts: RouteParts): Filters {
  const {
    bodyLimitBytes = DEFAULT_SETTINGS.translation.bodyLimitBytes,
    limits,
    rewrite,
    tlsRedirect = WHEN_CERTIFICATE,
  } = parts;
  return {
    ...(bodyLimitBytes === 0 ? {} : { bodyLimit: { maxBytes: bodyLimitBytes } }),
    ...(tlsRedirect === null ? {} : { tlsRedirect }),
    ...(limits === undefined || limits === null ? {} : { limits }),
    ...(parts.requestHeaders === undefined ? {} : { requestHeaders: parts.requestHeaders }),
    ...(parts.compression === undefined ? {} : { compression: parts.compression }),
    ...(parts.cors === undefined ? {} : { cors: parts.cors }),
    ...(parts.responseHeaders === undefined ? {} : { responseHeaders: parts.responseHeaders }),
    ...(rewrite === undefined || rewrite === null ? {} : { rewrite: { forwardedPrefix: null, ...rewrite } }),
  };
}

const WHEN_CERTIFICATE = { whenCertificate: true, always: false, preserveTrailingSlash: false };

export function buildHost(id: string, routes: readonly Route[], rest: Partial<VirtualHost> = {}): VirtualHost {
  return { id, regexMode: false, routes, certificate: null, filters: {}, ...rest };
}
