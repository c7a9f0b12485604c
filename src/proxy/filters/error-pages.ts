import type { ErrorPagesFilter } from "../../model/filters/error-pages.ts";
import type { UpstreamRuntime } from "../../upstream/upstream.ts";
import { type ClientRequestHead, fieldName, HeaderList } from "../../wire/wire.ts";
import { buildRequestHeaders } from "../forward/request-headers.ts";
import type { Filter, RequestContext, RuntimeRoute } from "../request/context.ts";
import type { Detour } from "../request/hooks.ts";

/**
 * `custom-http-errors`: an error, the proxy's own or an upstream's, is answered by the first error backend that has endpoints, which learns
 * from `X-Code` and its like what it is about. With `default-backend` that backend also answers for one that has no endpoints.
 */
export function compileErrorPages(spec: ErrorPagesFilter): Filter {
  return new ErrorPages(spec);
}

const NO_ENDPOINTS_STATUS = 503;
const AUTHENTICATE = fieldName("WWW-Authenticate");

class ErrorPages implements Filter {
  readonly #spec: ErrorPagesFilter;
  readonly #statuses: ReadonlySet<number>;

  constructor(spec: ErrorPagesFilter) {
    this.#spec = spec;
    this.#statuses = new Set(spec.statuses);
  }

  intercept(request: RequestContext, status: number, headers: HeaderList | null): Detour | null {
    if (headers !== null && !this.#spec.ofUpstreams) return null;
    const isPage = this.#statuses.has(status);
    const upstream = isPage ? firstOf(this.#spec.upstreams, request) : this.#standIn(request, status, headers);
    const { route } = request;
    if (route === null || route.forward === null || upstream === null) return null;
    const { timeouts, retry } = route.forward;
    const head = isPage ? pageHead(request, route, status) : standInHead(request, route);
    return { plan: upstream.plan("http", null, timeouts, retry), head, carried: challengeOf(status, headers) };
  }

  /** Null unless the route's own upstream has nobody to ask, and the Ingress names one that has. */
  #standIn(request: RequestContext, status: number, headers: HeaderList | null): UpstreamRuntime | null {
    const { upstream, upstreamId } = request;
    if (!this.#spec.standsIn || headers !== null || status !== NO_ENDPOINTS_STATUS || upstreamId === "") return null;
    if (upstream !== null && upstream.hasEndpoints) return null;
    return firstOf(this.#spec.upstreams.slice(0, 1), request);
  }
}

/** The first that has endpoints. */
function firstOf(upstreams: readonly string[], { core }: RequestContext): UpstreamRuntime | null {
  for (const id of upstreams) {
    const upstream = core.upstreams.get(id);
    if (upstream !== undefined && upstream.hasEndpoints) return upstream;
  }
  return null;
}

/** Asks for the page of that status. */
function pageHead(request: RequestContext, route: RuntimeRoute, status: number): ClientRequestHead {
  const headers = errorHeaders(request, route, status);
  headers.append("X-Original-URI", request.request.sentTarget);
  return bodilessHead(request, route, { target: `/${request.target.query}`, headers });
}

/** Asks what the upstream would have been asked. */
function standInHead(request: RequestContext, route: RuntimeRoute): ClientRequestHead {
  const headers = errorHeaders(request, route, NO_ENDPOINTS_STATUS);
  return bodilessHead(request, route, { target: request.target.forwardTarget, headers });
}

function bodilessHead(
  { request }: RequestContext,
  { forward }: RuntimeRoute,
  head: Pick<ClientRequestHead, "target" | "headers">,
): ClientRequestHead {
  const answerHeadBytes = forward?.responseHeadBytes ?? 0;
  return { ...head, method: request.method, bodyLengthBytes: 0, answerHeadBytes, upgrade: null };
}

/** What only the proxy says to an error backend: the client's own copies never get through, under no spelling. */
const OURS: ReadonlySet<string> = new Set([
  "x-code",
  "x-format",
  "x-namespace",
  "x-ingress-name",
  "x-service-name",
  "x-service-port",
]);

function errorHeaders(request: RequestContext, route: RuntimeRoute, status: number): HeaderList {
  const headers = buildRequestHeaders(request, route, "http");
  headers.retain(({ lower }) => !OURS.has(lower.replace(/[_.]/g, "-")));
  const { source, service } = labelsOf(route);
  appendUnlessEmpty(headers, "X-Code", String(status));
  appendUnlessEmpty(headers, "X-Format", request.request.headers.get("accept") ?? "");
  appendUnlessEmpty(headers, "X-Namespace", source.namespace);
  appendUnlessEmpty(headers, "X-Ingress-Name", source.name);
  appendUnlessEmpty(headers, "X-Service-Name", service.name);
  appendUnlessEmpty(headers, "X-Service-Port", service.port);
  return headers;
}

const NOBODY = { namespace: "", name: "" };

function labelsOf({ route, forward }: RuntimeRoute): {
  readonly source: { readonly namespace: string; readonly name: string };
  readonly service: { readonly name: string; readonly port: string };
} {
  return { source: route.source ?? NOBODY, service: forward?.backends[0]?.service ?? { name: "", port: "" } };
}

function appendUnlessEmpty(headers: HeaderList, rawName: string, value: string): void {
  if (value !== "") headers.append(rawName, value);
}

/** The challenge that a client must answer stays with a 401, also on a page of the error backend. */
function challengeOf(status: number, headers: HeaderList | null): HeaderList | null {
  if (status !== 401 || headers === null || !headers.has(AUTHENTICATE.lower)) return null;
  const challenge = new HeaderList();
  for (const value of headers.getAll(AUTHENTICATE.lower)) challenge.push(AUTHENTICATE, value);
  return challenge;
}
