import type { Filters } from "../../../src/model/filters.ts";
import type { PathType, Route } from "../../../src/model/route.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";

/** Filters of an Ingress without annotations. */
const PLAIN_FILTERS: Filters = {
  tlsRedirect: { whenCertificate: true, always: false, preserveTrailingSlash: false },
  rewrite: null,
  limits: null,
  canary: null,
  affinity: null,
  timeouts: DEFAULT_SETTINGS.timeouts,
  retry: DEFAULT_SETTINGS.retry,
  bodyLimitBytes: DEFAULT_SETTINGS.bodyLimitBytes,
  responseHeadBytes: DEFAULT_SETTINGS.responseHeadBytes,
  upstreamHost: null,
  forwardedPrefix: null,
};

/** A route to a Service of the same name as `id`, in namespace `test`. */
export function buildRoute(
  id: string,
  pathType: PathType,
  path: string,
  filters: Partial<Filters> & { readonly implicit?: boolean } = {},
): Route {
  const { implicit = false, ...rest } = filters;
  return {
    id,
    pathType,
    path,
    implicit,
    source: { kind: "Ingress", namespace: "test", name: id },
    service: { namespace: "test", name: id, port: "80" },
    action: { kind: "forward", upstream: `test-${id}-80`, protocol: "http" },
    filters: { ...PLAIN_FILTERS, ...rest },
  };
}

export function buildHost(id: string, routes: readonly Route[], rest: Partial<VirtualHost> = {}): VirtualHost {
  return { id, regexMode: false, routes, certificate: null, appRoot: null, ...rest };
}
