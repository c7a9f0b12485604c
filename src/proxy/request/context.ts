import type { Clock } from "../../lib/clock.ts";
import type { ErrorPages } from "../../model/error-pages.ts";
import type { Backend, Forward } from "../../model/forward.ts";
import type { ObserverSlot } from "../../model/observer-slot.ts";
import type { Route } from "../../model/route.ts";
import type { TableId } from "../../model/table.ts";
import { type PatternWork, REQUEST_STEPS } from "../../patterns/patterns.ts";
import type { CompiledHost, HostTable, TargetView } from "../../router/router.ts";
import type { AffinitySession, UpstreamRuntime, UpstreamTable } from "../../upstream/upstream.ts";
import type { ClientConnection, RequestHead, ServerStream, TimerWheel } from "../../wire/wire.ts";
import type { FilterHooks, Hooks } from "./hooks.ts";
import type { RequestIds } from "./request-id.ts";
import type { RuntimeSettings } from "./request-settings.ts";

/** A filter as it serves requests. */
export type Filter = FilterHooks<RequestContext>;

/** The hooks of a route's filters; one object for all routes that have the same. */
export interface RouteHooks extends Hooks<RequestContext> {
  /** Equal texts are the same access control before the backend. */
  readonly policy: string;
  /** True when there is any. */
  readonly isGuarded: boolean;
}

/** A route ready to serve. A request takes it once and keeps it to its end, whatever replaces it meanwhile. */
export interface RuntimeRoute extends ObserverSlot {
  readonly route: Route;
  /** Those of exactly the filters this route has, in order. */
  readonly hooks: RouteHooks;
  /** How upstreams are asked; null where the route answers by itself. */
  readonly forward: Forward | null;
  /** Chooses among the backends; null where there is only one. */
  readonly chooser: BackendChooser | null;
  /** The upstream of the only backend as it was last looked up: good while it is not closed. */
  upstream: UpstreamRuntime | null;
}

/** A virtual host ready to serve, with the hooks that come before the choice of a route. */
export type RuntimeHost = CompiledHost<RuntimeRoute, Hooks<RequestContext>>;
export type RuntimeHosts = HostTable<RuntimeRoute, Hooks<RequestContext>>;

/** The choice among several backends of a route. */
export interface BackendChooser {
  /** One of those that share what no rule takes: the one whose session the client has, else by their weights. */
  share(request: RequestContext): Backend;
  /** Backends with a rule, in the order in which they are asked. */
  readonly ruled: readonly RuledBackend[];
  /** Null where the backend has none of its own. */
  hooksOf(backend: Backend): Hooks<RequestContext> | null;
}

interface RuledBackend {
  readonly backend: Backend;
  takes(request: RequestContext): boolean;
}

/** What filters may use that is not of their request. */
export interface ProxyContext {
  /** The model as it is at this moment. */
  readonly runtime: {
    /** False until the first configuration. */
    readonly ready: boolean;
    readonly settings: RuntimeSettings;
    readonly tables: { readonly ingress: RuntimeHosts; get(id: TableId): RuntimeHosts };
  };
  readonly upstreams: Pick<UpstreamTable, "get" | "securityOf">;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly requestIds: RequestIds;
  readonly healthCheckPath: string;
  readonly errorPages: ErrorPages;
  /** Ports by which clients reach each scheme, as text. */
  readonly forwardedPorts: { readonly http: string; readonly https: string };
}

/** An answer that is compressed: holds one of the places there are for it until the request's end. */
interface CompressionPlace {
  readonly coding: "gzip" | "br";
  readonly flushes: boolean;
  /** Null until there is a body. */
  body: { stop(): void } | null;
}

/** What is known of one request. Hooks read it and fill it in, in their order; nothing in it outlives the exchange. */
export class RequestContext implements PatternWork {
  readonly core: ProxyContext;
  readonly stream: ServerStream;
  readonly request: RequestHead;
  readonly connection: ClientConnection;
  /** Taken once, when the request is decided about: a change of settings never shows inside a request. */
  settings: RuntimeSettings;
  readonly startedAtMs: number;
  readonly startedMonotonicMs: number;

  target: TargetView = NO_TARGET;
  /** Address of the connection's other end. */
  readonly peerAddress: string;
  /** Address of the client; the peer's unless the peer is a trusted proxy. */
  clientAddress: string;
  requestId = "";
  /** Scheme of the client's side of the outermost trusted proxy; the connection's own when none is trusted. */
  scheme: "http" | "https";
  /** Whether that scheme is http by the word. A proxy that says `ws` means a handshake, which no client follows to another address. */
  saysHttp: boolean;
  /** Authority of the client's side of the outermost trusted proxy, as sent; the request's own when none is trusted. */
  publicAuthority = "";
  publicPort = "";

  /** Where the host is looked up: the table of the listener. */
  hosts: RuntimeHosts;
  virtualHost: RuntimeHost | null = null;
  route: RuntimeRoute | null = null;
  /** True once a location of a host of the Ingresses was found, even if only to redirect: from then on HSTS applies. */
  inLocation = false;
  /** The filter that holds a place for this request until its end; null when none does. */
  admittedBy: Filter | null = null;
  /** Of the answer that is on its way; null where it is sent as it is. */
  compression: CompressionPlace | null = null;
  /** The backend whose upstream is asked; null before it was chosen. */
  backend: Backend | null = null;
  /** Those of that backend; null where it has none. */
  backendHooks: Hooks<RequestContext> | null = null;
  /** The route's upstream, once it was looked up; null when it is gone. */
  upstream: UpstreamRuntime | null = null;
  /** Id of the route's upstream once it was to be asked; empty before. */
  upstreamId = "";
  /** Id of the canary's upstream when it took the request; empty otherwise. */
  alternativeUpstreamId = "";
  /** The client's place in the upstream that was chosen; null where there is no affinity. */
  affinity: AffinitySession | null = null;
  /** For everything that the request asks of patterns: its path, other readings of it, rewrite and canary. */
  patternStepsLeft = REQUEST_STEPS;

  constructor(core: ProxyContext, stream: ServerStream) {
    this.core = core;
    this.stream = stream;
    this.request = stream.request;
    this.connection = stream.connection;
    this.settings = core.runtime.settings;
    this.hosts = core.runtime.tables.ingress;
    this.startedAtMs = core.clock.nowMs();
    this.startedMonotonicMs = core.clock.monotonicMs();
    this.peerAddress = stream.connection.remoteAddress;
    this.clientAddress = this.peerAddress;
    this.scheme = connectionScheme(stream.connection);
    this.saysHttp = this.scheme === "http";
  }
}

export function connectionScheme(connection: ClientConnection): "http" | "https" {
  return connection.tls === null ? "http" : "https";
}

const NO_TARGET: TargetView = { path: "", query: "", forwardTarget: "", isPlain: true };
