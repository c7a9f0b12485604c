import { silentLogger } from "../../../src/lib/logger.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import type { ShardKind } from "../../../src/model/model.ts";
import { openProxy, type Proxy, type ProxyOptions } from "../../../src/proxy/proxy.ts";
import { createSelfSigned } from "../../../src/tls/self-signed.ts";
import { buildDelta, type DeltaParts } from "../builders/model-builder.ts";
import { LOOPBACK_LISTENERS, LOOPBACK_PLAN } from "../builders/socket-plan.ts";
import type { Target } from "../clients/raw-client.ts";

/** A proxy on real sockets, with a model of the test's own. */
export class ProxyFixture implements AsyncDisposable {
  readonly proxy: Proxy;
  readonly finished: FinishedExchange[];
  readonly http: Target;
  #finishedOne = Promise.withResolvers<void>();

  private constructor(proxy: Proxy, finished: FinishedExchange[]) {
    this.proxy = proxy;
    this.finished = finished;
    this.http = { port: proxy.ports.http };
  }

  static async open(
    parts: DeltaParts | null,
    options: Partial<ProxyOptions> = {},
    plan = LOOPBACK_PLAN,
  ): Promise<ProxyFixture> {
    const finished: FinishedExchange[] = [];
    let fixture: ProxyFixture | null = null;
    const proxy = await openProxy(
      {
        listeners: LOOPBACK_LISTENERS,
        observer: {
          onFinish: (exchange) => {
            finished.push({ ...exchange, attempts: [...exchange.attempts] });
            fixture?.notify();
          },
        },
        logger: silentLogger,
        clock: systemClock,
        random: seededRandom(1),
        processId: 1,
        healthCheckPath: "/healthz",
        fallbackCertificate: options.fallbackCertificate ?? createSelfSigned(systemClock),
        devCa: null,
        errorPages: "plain",
        ...options,
      },
      plan,
    );
    fixture = new ProxyFixture(proxy, finished);
    if (parts !== null) fixture.apply(parts);
    return fixture;
  }

  apply(parts: DeltaParts): void {
    this.proxy.apply(buildDelta(parts));
  }

  /** Takes one shard out of the model. */
  remove(kind: ShardKind, id: string): void {
    this.proxy.apply({ ...buildDelta({}), [kind]: new Map([[id, null]]) });
  }

  https(serverName: string): Target {
    return { port: this.proxy.ports.https, tls: serverName };
  }

  /** The record of the n-th finished exchange, waited for. */
  async record(index = 0): Promise<FinishedExchange> {
    const expired = AbortSignal.timeout(10_000);
    for (;;) {
      const record = this.finished[index];
      if (record !== undefined) return record;
      await Promise.race([this.#finishedOne.promise, aborted(expired)]);
      if (expired.aborted) throw new Error(`only ${this.finished.length} exchanges finished`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.proxy.close();
  }

  private notify(): void {
    this.#finishedOne.resolve();
    this.#finishedOne = Promise.withResolvers<void>();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** mulberry32: the same numbers every time. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** For `expect.poll`: its own second is too short on a busy machine. */
export const PATIENT = { timeout: 10_000 };
