import { deltaOf } from "../../../src/model/delta.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import type { Retry } from "../../../src/model/forward.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { Endpoint, Upstream } from "../../../src/model/upstream.ts";
import type { AddressResolver } from "../../../src/upstream/connections/resolver.ts";
import type { UpstreamTableOptions } from "../../../src/upstream/table/upstream-table.ts";
import type { SendPlan, UpstreamFailure, UpstreamHandler } from "../../../src/upstream/upstream.ts";
import { UpstreamTable, type UpstreamRuntime } from "../../../src/upstream/upstream.ts";
import {
  TimerWheel,
  type ClientRequestHead,
  type ClientStream,
  type ClientStreamHandler,
  type ConnectEvents,
  type Dial,
  HeaderList,
  type Http1Connection,
  type PendingConnection,
  type Tunnel,
  type WireError,
} from "../../../src/wire/wire.ts";

/** Time that moves when told. */
class ManualClock implements Clock {
  ms = 1_732_186_800_000;
  readonly nowMs = (): number => this.ms;
  readonly monotonicMs = (): number => this.ms;
}

/** A small seeded generator (mulberry32), so that statistical tests always see the same numbers. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A stream of a fake connection: records what is written, and lets the test play the endpoint. */
export class FakeClientStream implements ClientStream {
  readonly calls: string[] = [];
  writable = true;
  aborted = false;
  readonly reusedConnection: boolean;
  readonly connectMs = 0;
  readonly handler: ClientStreamHandler;
  readonly connection: FakeConnection;

  constructor(connection: FakeConnection, handler: ClientStreamHandler) {
    this.connection = connection;
    this.handler = handler;
    this.reusedConnection = connection.requestsServed > 1;
  }

  get written(): string {
    return this.calls
      .filter((call) => call.startsWith("write "))
      .map((call) => call.slice(6))
      .join("");
  }

  write(chunk: Uint8Array): boolean {
    this.calls.push(`write ${Buffer.from(chunk).toString("latin1")}`);
    return this.writable;
  }
  end(): void {
    this.calls.push("end");
  }
  pauseBody(): void {
    this.calls.push("pause");
  }
  resumeBody(): void {
    this.calls.push("resume");
  }
  abort(): void {
    this.aborted = true;
    this.connection.destroy();
  }

  /** Answers in full; the connection becomes idle. */
  respond(status = 200, body = ""): void {
    this.handler.onHead(status, new HeaderList(), body.length);
    if (this.aborted) return;
    if (body !== "") this.handler.onBody(Buffer.from(body));
    this.finish();
  }

  finish(): void {
    this.handler.onEnd(null);
    this.connection.becomeIdle();
  }

  fail(code: WireError["code"], facts: Partial<WireError> = {}): void {
    this.connection.destroyed = true;
    this.connection.idle = false;
    this.handler.onError({ code, detail: "test", requestSent: true, responseStarted: false, ...facts });
    this.connection.onClosed?.();
  }
}

/** What the pool and the attempt loop use of an `Http1Connection`. */
export class FakeConnection {
  idle = true;
  onIdle: (() => void) | null = null;
  onClosed: (() => void) | null = null;
  requestsServed = 0;
  keepAliveHintMs: number | null = null;
  destroyed = false;
  readonly dial: Dial;
  readonly streams: FakeClientStream[] = [];

  constructor(dial: Dial) {
    this.dial = dial;
  }

  send(_head: ClientRequestHead, handler: ClientStreamHandler): ClientStream {
    this.idle = false;
    this.requestsServed++;
    const stream = new FakeClientStream(this, handler);
    this.streams.push(stream);
    return stream;
  }

  becomeIdle(): void {
    if (this.destroyed) return;
    this.idle = true;
    this.onIdle?.();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.idle = false;
    this.onClosed?.();
  }
}

/** A connection attempt that the test settles. */
export class FakeDialing implements PendingConnection {
  readonly dial: Dial;
  readonly events: ConnectEvents<Http1Connection>;
  cancelled = false;

  constructor(dial: Dial, events: ConnectEvents<Http1Connection>) {
    this.dial = dial;
    this.events = events;
  }

  cancel(): void {
    this.cancelled = true;
  }

  /** The connection stands; returns it after the request was sent on it. */
  connect(): FakeConnection {
    const connection = new FakeConnection(this.dial);
    // The fake has every public member that the upstream side uses; the class it stands for has private ones besides.
    this.events.onConnected(connection as unknown as Http1Connection);
    return connection;
  }

  refuse(code: WireError["code"] = "connect-refused"): void {
    this.events.onFailed({ code, detail: "test", requestSent: false, responseStarted: false });
  }
}

/** A table over fake connections, with everything that moves in the test's hand. */
export class FakeWire {
  readonly clock = new ManualClock();
  readonly wheel = new TimerWheel(this.clock);
  readonly dialed: FakeDialing[] = [];
  readonly table: UpstreamTable;

  constructor(options: Partial<Pick<UpstreamTableOptions, "random" | "resolver" | "descriptors">> = {}) {
    this.table = new UpstreamTable({
      ...options,
      wheel: this.wheel,
      clock: this.clock,
      random: options.random ?? (() => 0),
      logger: silentLogger,
      processId: 31,
      resolver: options.resolver ?? noResolver,
      connect: (dial, _connectMs, _wheel, events) => {
        const dialing = new FakeDialing(dial, events);
        this.dialed.push(dialing);
        return dialing;
      },
    });
  }

  /** The latest connection attempt. */
  get dialing(): FakeDialing {
    const last = this.dialed.at(-1);
    if (last === undefined) throw new Error("nothing was dialled");
    return last;
  }

  /** Publishes an upstream with these endpoints and returns it. */
  publish(endpoints: readonly (string | Endpoint)[], balancer: Upstream["balancer"] = "round-robin"): UpstreamRuntime {
    this.table.apply(upstreamDelta(UPSTREAM_ID, endpoints, balancer));
    const upstream = this.table.get(UPSTREAM_ID);
    if (upstream === undefined) throw new Error("the upstream is missing");
    return upstream;
  }

  /** Moves time on and lets the wheel see it. */
  advance(ms: number): void {
    this.clock.ms += ms;
    this.wheel.tick();
  }

  [Symbol.dispose](): void {
    this.table.close();
    this.wheel.close();
  }
}

export const UPSTREAM_ID = "shop-web-80";

const noResolver: AddressResolver = { resolve: () => Promise.reject(new Error("no resolver")), close: () => {} };

export function upstreamDelta(
  id: string,
  endpoints: readonly (string | Endpoint)[],
  balancer: Upstream["balancer"] = "round-robin",
): ModelDelta {
  return deltaOf({
    upstreams: new Map([[id, { id, service: { namespace: "shop", name: "web", port: "80" }, balancer }]]),
    endpoints: new Map([[id, { upstream: id, endpoints: endpoints.map(toEndpoint) }]]),
  });
}

/** `10.0.0.1:80` as an address endpoint. */
function toEndpoint(endpoint: string | Endpoint): Endpoint {
  if (typeof endpoint !== "string") return endpoint;
  const colon = endpoint.lastIndexOf(":");
  return { kind: "address", address: endpoint.slice(0, colon), port: Number(endpoint.slice(colon + 1)) };
}

export function buildPlan(upstream: UpstreamRuntime, parts: Partial<Omit<SendPlan, "upstream">> = {}): SendPlan {
  return {
    upstream,
    protocol: "http",
    security: null,
    timeouts: DEFAULT_SETTINGS.translation.timeouts,
    retry: DEFAULT_SETTINGS.translation.retry,
    stick: null,
    ...parts,
  };
}

export function buildRetry(parts: Partial<Retry>): Retry {
  return { ...DEFAULT_SETTINGS.translation.retry, ...parts };
}

export function buildHead(method = "GET", bodyLengthBytes = 0): ClientRequestHead {
  return {
    method,
    target: "/",
    headers: HeaderList.from([["Host", "shop.example"]]),
    bodyLengthBytes,
    answerHeadBytes: 65_536,
    upgrade: null,
  };
}

/** Writes down what reaches the proxy's side, and settles `done` with the last callback. */
export class RecordingUpstreamHandler implements UpstreamHandler {
  readonly events: string[] = [];
  status = 0;
  body = "";
  failure: UpstreamFailure | null = null;
  tunnel: Tunnel | null = null;
  readonly done: Promise<void>;
  /** Called with each body chunk. */
  onChunk: () => void = () => {};
  readonly #settle: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = resolve;
  }

  onInformational(status: number): void {
    this.events.push(`informational ${status}`);
  }
  onHead(status: number): void {
    this.status = status;
    this.events.push(`head ${status}`);
  }
  onBody(chunk: Uint8Array): void {
    this.body += Buffer.from(chunk).toString("latin1");
    this.onChunk();
  }
  onEnd(): void {
    this.events.push("end");
    this.#settle();
  }
  onUpgrade(_protocol: string, _headers: HeaderList, tunnel: Tunnel): void {
    this.tunnel = tunnel;
    this.events.push("upgrade");
    this.#settle();
  }
  onDrain(): void {
    this.events.push("drain");
  }
  onFailure(failure: UpstreamFailure): void {
    this.failure = failure;
    this.events.push(`failure ${failure.status} ${failure.code}`);
    this.#settle();
  }
}
