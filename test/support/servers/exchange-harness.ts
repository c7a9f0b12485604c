import { systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import type { ProxyCore } from "../../../src/proxy/exchange/core.ts";
import { Exchange } from "../../../src/proxy/exchange/exchange.ts";
import { ExchangeTracker } from "../../../src/proxy/exchange/exchange-tracker.ts";
import { CompressionPlaces } from "../../../src/proxy/filters/compression/places.ts";
import { EVERY_REQUEST } from "../../../src/proxy/filters/order.ts";
import { collectHooks } from "../../../src/proxy/request/hooks.ts";
import { RequestIds } from "../../../src/proxy/request/request-id.ts";
import { Runtime } from "../../../src/proxy/runtime/runtime.ts";
import type { SendPlan } from "../../../src/upstream/upstream.ts";
import { TimerWheel } from "../../../src/wire/wire.ts";
import { type FakeRequest, FakeServerStream, FakeUpstream } from "./fake-stream.ts";
import { buildDelta, type DeltaParts } from "../builders/model-builder.ts";
import { openOwnLimits } from "../builders/own-limits.ts";

/** An upstream for one request: it is looked up again for the next. */
class UpstreamForOnce {
  readonly closed = true;
  readonly id: string;
  readonly hasEndpoints: boolean;
  readonly absence = "nobody is ready";

  constructor(id: string, hasEndpoints: boolean) {
    this.id = id;
    this.hasEndpoints = hasEndpoints;
  }

  plan(
    protocol: SendPlan["protocol"],
    security: SendPlan["security"],
    timeouts: SendPlan["timeouts"],
    retry: SendPlan["retry"],
  ): SendPlan {
    return { upstream: this as never, protocol, security, timeouts, retry, stick: null };
  }
}

/** The proxy from the seam inwards: no sockets, time stands still, every upstream is played by the test. */
export class ExchangeHarness implements Disposable {
  readonly upstream = new FakeUpstream();
  readonly finished: FinishedExchange[] = [];
  /** Ids of upstreams without endpoints. */
  readonly empty = new Set<string>();
  readonly limits = openOwnLimits(
    1024,
    () => this.nowMs,
    () => 0.5,
  );
  readonly compressions = new CompressionPlaces(2);
  readonly runtime = new Runtime([], { limits: this.limits, compressions: this.compressions });
  readonly core: ProxyCore;
  nowMs = 1_700_000_000_000;
  nextRandom: () => number = () => 0.5;
  readonly #wheel = new TimerWheel(systemClock);

  constructor(overrides: Partial<ProxyCore> = {}) {
    const clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
    const observer = { onFinish: (exchange: FinishedExchange) => void this.finished.push({ ...exchange }) };
    this.core = {
      runtime: this.runtime,
      upstreams: {
        get: (id) => new UpstreamForOnce(id, !this.empty.has(id)) as never,
        securityOf: () => ({ serverName: null, verify: true }),
      },
      sendRequest: this.upstream.sendRequest,
      log: new ExchangeTracker(observer, clock),
      logger: silentLogger,
      clock,
      random: () => this.nextRandom(),
      requestIds: new RequestIds(() => this.nextRandom()),
      wheel: this.#wheel,
      hooks: collectHooks(EVERY_REQUEST),
      healthCheckPath: "/healthz",
      errorPages: "plain",
      forwardedPorts: { http: "80", https: "443" },
      ...overrides,
    };
  }

  apply(parts: DeltaParts): void {
    this.runtime.apply(buildDelta(parts));
  }

  send(request: FakeRequest = {}): FakeServerStream {
    const stream = new FakeServerStream(request);
    new Exchange(this.core, stream).start();
    return stream;
  }

  /** A request that was read and is not yet decided about. */
  begin(request: FakeRequest = {}): Exchange {
    return new Exchange(this.core, new FakeServerStream(request));
  }

  /** The only finished exchange so far. */
  get record(): FinishedExchange {
    const [record] = this.finished;
    if (record === undefined || this.finished.length !== 1)
      throw new Error(`${this.finished.length} exchanges finished`);
    return record;
  }

  [Symbol.dispose](): void {
    this.#wheel.close();
  }
}
