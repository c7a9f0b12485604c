import fc from "fast-check";
import { expect, test } from "vitest";
import { HeaderList } from "../../src/wire/wire.ts";
import { ExchangeHarness } from "../support/servers/exchange-harness.ts";
import { type FakeServerStream, FakeTunnel, type FakeUpstreamRequest } from "../support/servers/fake-stream.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

const EVENTS = [
  "client body",
  "client body end",
  "client drain",
  "client close",
  "informational",
  "head",
  "body",
  "end",
  "upgrade",
  "failure",
  "upstream drain",
] as const;
type Event = (typeof EVENTS)[number];

/** Plays one event, unless the contract of the seam rules it out at this point. */
class Player {
  readonly tunnel = new FakeTunnel();
  readonly #stream: FakeServerStream;
  readonly #upstream: FakeUpstreamRequest;
  #clientBodyEnded = false;
  #head = false;
  #upstreamOver = false;

  constructor(stream: FakeServerStream, upstream: FakeUpstreamRequest) {
    this.#stream = stream;
    this.#upstream = upstream;
  }

  play(event: Event): void {
    if (event.startsWith("client")) this.#playClient(event);
    else if (!this.#upstreamOver && !this.#upstream.aborted) this.#playUpstream(event);
  }

  #playClient(event: Event): void {
    const { handler, ended, aborted, tunnel } = this.#stream;
    if (ended || aborted || this.#stream.gone || tunnel !== null) return;
    if (event === "client drain") handler.onDrain();
    else if (event === "client close") {
      this.#stream.gone = true;
      handler.onClose({ code: "closed", detail: "", requestSent: true, responseStarted: false });
    } else if (!this.#clientBodyEnded) {
      this.#clientBodyEnded = event === "client body end";
      if (this.#clientBodyEnded) handler.onBodyEnd(null);
      else handler.onBody(Buffer.from("1234"));
    }
  }

  #playUpstream(event: Event): void {
    const { handler } = this.#upstream;
    if (event === "upstream drain") handler.onDrain();
    else if (event === "failure") {
      this.#upstreamOver = true;
      handler.onFailure({ status: 502, code: "reset", responseStarted: this.#head });
    } else if (this.#head) {
      if (event === "body") handler.onBody(Buffer.from("x"));
      if (event === "end") {
        this.#upstreamOver = true;
        handler.onEnd(null);
      }
    } else if (event === "informational") handler.onInformational(103, new HeaderList());
    else if (event === "head") {
      this.#head = true;
      handler.onHead(200, new HeaderList(), -1);
    } else if (event === "upgrade") {
      this.#upstreamOver = true;
      handler.onUpgrade("websocket", new HeaderList(), this.tunnel);
    }
  }
}

test("whatever happens in whatever order, an exchange finishes exactly once and uses its stream rightly", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 14 }), (events) => {
      using proxy = new ExchangeHarness();
      const route = buildRoute("x", "prefix", "/", {
        bodyLimitBytes: 10,
        limits: { zone: "z", requestsPerSecond: null, requestsPerMinute: null, connections: 1, allowlist: [] },
      });
      proxy.apply({ hosts: [buildHost("_", [route])] });
      const stream = proxy.send({ method: "POST", bodyLengthBytes: -1, upgrade: "websocket" });
      const { request } = proxy.upstream;
      const player = new Player(stream, request);
      for (const event of events) player.play(event);
      player.play("client close");
      player.play("failure");
      player.tunnel.destroy();
      stream.tunnel?.destroy();
      expect(stream.misuses).toEqual([]);
      expect(proxy.finished).toHaveLength(1);
      expect(proxy.core.log.running).toBe(0);
      // The upstream was told of every early end, and the place among the requests in flight is free again.
      const finishedByUpstream = events.some((event) => ["end", "failure", "upgrade"].includes(event));
      expect(request.aborted || finishedByUpstream).toBe(true);
      expect(proxy.send().ended).toBe(false);
    }),
    { numRuns: 2000 },
  );
});
