import { systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { UpstreamTable } from "../../../src/upstream/upstream.ts";
import { TimerWheel } from "../../../src/wire/wire.ts";
import { ExchangeHarness } from "./exchange-harness.ts";

/** Exchanges over the real table of upstreams, for tests of which backend and endpoint is chosen. */
export class UpstreamHarness implements Disposable {
  readonly upstreams: UpstreamTable;
  readonly proxy: ExchangeHarness;
  readonly #wheel = new TimerWheel(systemClock);

  constructor() {
    const wheel = this.#wheel;
    const fixed = { clock: systemClock, random: () => 0.5, logger: silentLogger, processId: 1 };
    this.upstreams = new UpstreamTable({ wheel, ...fixed });
    this.proxy = new ExchangeHarness({ upstreams: this.upstreams });
  }

  [Symbol.dispose](): void {
    this.proxy[Symbol.dispose]();
    this.upstreams.close();
    this.#wheel.close();
  }
}
