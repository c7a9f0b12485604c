import type { Clock } from "../lib/clock.ts";
import type { ExchangeObserver, Fields, FinishedExchange, UpstreamAttempt } from "../model/finished-exchange.ts";
import { DEFAULT_HOST } from "../model/virtual-host.ts";
import type { ClientConnection, Refusal } from "../wire/wire.ts";
import type { RequestContext } from "./context.ts";

/** How an exchange ended, as far as the context does not know it. */
export interface Outcome {
  readonly status: number;
  /** Empty when the answer is the upstream's. */
  readonly errorCode: string;
  readonly requestBodyBytes: number;
  readonly responseBodyBytes: number;
  readonly responseBytes: number;
  readonly attempts: readonly UpstreamAttempt[];
  readonly responseHeaders: Fields | null;
  readonly upstreamHeaders: Fields | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The one place where finished requests are told to the observer, and where the running ones are counted. */
export class ExchangeLog {
  readonly #observer: ExchangeObserver;
  readonly #clock: Clock;
  readonly #record: Writable<FinishedExchange> = emptyRecord();
  #running = 0;

  constructor(observer: ExchangeObserver, clock: Clock) {
    this.#observer = observer;
    this.#clock = clock;
  }

  /** Exchanges begun and not finished, open tunnels included. */
  get running(): number {
    return this.#running;
  }

  begin(): void {
    this.#running++;
  }

  /** Once for each `begin`. */
  finish(context: RequestContext, outcome: Outcome): void {
    const record = this.#record;
    describeRequest(record, context);
    describeRoute(record, context);
    record.status = outcome.status;
    record.errorCode = outcome.errorCode;
    record.startedAtMs = context.startedAtMs;
    record.durationMs = this.#clock.monotonicMs() - context.startedMonotonicMs;
    record.requestBytes = context.request.headBytes + outcome.requestBodyBytes;
    record.responseBodyBytes = outcome.responseBodyBytes;
    record.responseBytes = outcome.responseBytes;
    record.attempts = outcome.attempts;
    record.responseHeaders = outcome.responseHeaders;
    record.upstreamHeaders = outcome.upstreamHeaders;
    this.#observer.onFinish(record);
    this.#running--;
  }

  /** A request that the wire refused by itself; it was never begun. */
  refused(connection: ClientConnection, refusal: Refusal): void {
    const record = Object.assign(this.#record, emptyRecord());
    record.method = refusal.method;
    record.target = refusal.target;
    record.client = connection;
    record.clientAddress = connection.remoteAddress;
    record.status = refusal.status;
    record.errorCode = refusal.code;
    record.startedAtMs = this.#clock.nowMs();
    this.#observer.onFinish(record);
  }
}

function describeRequest(record: Writable<FinishedExchange>, context: RequestContext): void {
  const { request } = context;
  record.method = request.method;
  record.authority = request.authority;
  record.host = context.host;
  record.target = request.target;
  record.path = context.target.path;
  record.httpVersion = request.httpVersion;
  record.client = context.connection;
  record.publicScheme = context.scheme;
  record.publicAuthority = context.publicAuthority;
  record.clientAddress = context.clientAddress;
  record.requestId = context.requestId;
  record.requestHeaders = request.headers;
}

function describeRoute(record: Writable<FinishedExchange>, context: RequestContext): void {
  const id = context.virtualHost?.virtualHost.id ?? DEFAULT_HOST;
  record.route = context.route?.route ?? null;
  record.virtualHost = id;
  record.knownHost = id !== DEFAULT_HOST;
  record.upstream = context.upstreamId;
  record.alternativeUpstream = context.alternativeUpstreamId;
}

const NO_CLIENT = { id: 0, remoteAddress: "", remotePort: 0, localPort: 0, tls: null };
const NO_FIELDS: Fields = { getAll: () => [] };

function emptyRecord(): Writable<FinishedExchange> {
  return {
    route: null,
    virtualHost: DEFAULT_HOST,
    knownHost: false,
    method: "",
    authority: "",
    host: "",
    target: "",
    path: "",
    httpVersion: "1.1",
    client: NO_CLIENT,
    publicScheme: "",
    publicAuthority: "",
    clientAddress: "",
    requestId: "",
    requestHeaders: NO_FIELDS,
    responseHeaders: null,
    upstreamHeaders: null,
    status: 0,
    startedAtMs: 0,
    durationMs: 0,
    requestBytes: 0,
    responseBodyBytes: 0,
    responseBytes: 0,
    attempts: [],
    upstream: "",
    alternativeUpstream: "",
    errorCode: "",
  };
}
