import type { Clock } from "../../lib/clock.ts";
import type { ExchangeObserver } from "../../model/exchange-observer.ts";
import type { Fields, FinishedExchange, UpstreamAttempt } from "../../model/finished-exchange.ts";
import type { ObserverSlot } from "../../model/observer-slot.ts";
import type { ReasonFacts } from "../../model/reason-words.ts";
import { type ClientConnection, LoopBatch, type Refusal, type RequestHead, type TurnedAway } from "../../wire/wire.ts";
import type { RequestContext } from "../request/context.ts";

/** A finished exchange, as far as the context does not know it. Nothing of it changes any more. */
export interface FinishedState {
  readonly context: RequestContext;
  readonly durationMs: number;
  readonly status: number;
  /** Empty when the answer is the upstream's. */
  readonly errorCode: string;
  readonly errorDetail: string;
  readonly requestBodyBytes: number;
  readonly responseBodyBytes: number;
  readonly responseBytes: number;
  readonly attempts: readonly UpstreamAttempt[];
  readonly responseHeaders: Fields | null;
  readonly upstreamHeaders: Fields | null;
}

/** The one place where finished requests are told to the observer, and where the running ones are counted. */
export class ExchangeTracker {
  readonly #observer: ExchangeObserver;
  readonly #clock: Clock;
  readonly #finished = new LoopBatch<FinishedState>(
    (outcomes) => this.#prefetch(outcomes),
    (outcome) => this.#observer.onFinish(describe(outcome)),
  );
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
  finish(outcome: FinishedState): void {
    this.#running--;
    this.#finished.add(outcome);
  }

  #prefetch(outcomes: readonly FinishedState[]): void {
    if (this.#observer.prefetch === undefined) return;
    const routes: ObserverSlot[] = [];
    for (const { context } of outcomes) if (context.route !== null) routes.push(context.route);
    this.#observer.prefetch(routes);
  }

  /** A request that the wire refused by itself; it was never begun. `requestId`: where the client sent none. */
  refused(connection: ClientConnection, refusal: Refusal, requestId: string): void {
    const { code, headers, bodyBytes, ...known } = refusal;
    this.#observer.onFinish({
      ...NOTHING_KNOWN,
      ...known,
      client: connection,
      clientAddress: connection.remoteAddress,
      requestId: headers?.getAll("x-request-id")[0] ?? requestId,
      requestHeaders: headers ?? NO_FIELDS,
      errorCode: code,
      responseBodyBytes: bodyBytes,
      startedAtMs: this.#clock.nowMs(),
    });
  }

  /** A connection whose bytes made no request. */
  turnedAway(client: ClientConnection, { code, detail, serverName }: TurnedAway): void {
    this.#observer.onTurnedAway?.({ code, detail, client, serverName });
  }
}

/** What the words for an error are made of. */
export function reasonFacts({ context, errorCode, errorDetail, attempts }: ReasonSource): ReasonFacts {
  const { route, virtualHost, request, target } = context;
  return {
    errorCode,
    errorDetail,
    route: route === null ? null : route.route,
    virtualHost,
    host: request.host,
    path: target.path,
    attempts,
  };
}

type ReasonSource = Pick<FinishedState, "context" | "errorCode" | "errorDetail" | "attempts">;

function lineOf({ method, sentTarget, httpVersion }: RequestHead): string {
  return `${method} ${sentTarget} HTTP/${httpVersion}`;
}

function describe(outcome: FinishedState): FinishedExchange {
  const { context } = outcome;
  const { request, route, virtualHost } = context;
  return {
    route: route === null ? null : route.route,
    routeMemo: route,
    virtualHost,
    method: request.method,
    authority: request.authority,
    host: request.host,
    target: request.target,
    requestLine: request.sentTarget === request.target ? "" : lineOf(request),
    path: context.target.path,
    httpVersion: request.httpVersion,
    client: context.connection,
    publicScheme: context.scheme,
    publicAuthority: context.publicAuthority,
    clientAddress: context.clientAddress,
    requestId: context.requestId,
    requestHeaders: request.headers,
    responseHeaders: outcome.responseHeaders,
    upstreamHeaders: outcome.upstreamHeaders,
    status: outcome.status,
    startedAtMs: context.startedAtMs,
    durationMs: outcome.durationMs,
    requestBytes: request.headBytes + outcome.requestBodyBytes + context.stream.framingBytes,
    responseBodyBytes: outcome.responseBodyBytes,
    responseBytes: outcome.responseBytes,
    attempts: outcome.attempts,
    upstream: context.upstreamId,
    alternativeUpstream: context.alternativeUpstreamId,
    errorCode: outcome.errorCode,
    errorDetail: outcome.errorDetail,
  };
}

const NO_CLIENT = { id: 0, listener: { id: "" }, remoteAddress: "", remotePort: 0, localPort: 0, tls: null } as const;
const NO_FIELDS: Fields = { getAll: () => [] };

/** Of a request that was never begun. */
const NOTHING_KNOWN: FinishedExchange = {
  route: null,
  routeMemo: null,
  virtualHost: null,
  method: "",
  authority: "",
  host: "",
  target: "",
  requestLine: "",
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
  errorDetail: "",
};
