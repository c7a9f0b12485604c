import fc from "fast-check";
import { expect, test } from "vitest";
import { BodyStep, RequestStep } from "../../src/proxy/request/body-sink.ts";
import type { Filter } from "../../src/proxy/request/context.ts";
import { collectHooks } from "../../src/proxy/request/hooks.ts";
import type { SendPlan } from "../../src/upstream/upstream.ts";
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
  "error head",
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
    } else if (event === "error head") {
      this.#head = true;
      handler.onHead(404, new HeaderList(), 4);
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

/** Holds every second chunk until the next one. */
class Holding extends BodyStep {
  #held: Uint8Array | null = null;

  override write(chunk: Uint8Array): boolean {
    const held = this.#held;
    this.#held = held === null ? new Uint8Array(chunk) : null;
    return held === null ? true : super.write(held) && super.write(chunk);
  }

  override end(trailers: HeaderList | null): void {
    if (this.#held !== null) super.write(this.#held);
    super.end(trailers);
  }

  override abort(): void {
    this.#held = null;
    super.abort();
  }
}

const DETOUR = {
  plan: { upstream: { id: "errors" }, protocol: "http", timeouts: { readMs: 1 }, stick: null } as unknown as SendPlan,
  head: {
    method: "GET",
    target: "/",
    headers: new HeaderList(),
    bodyLengthBytes: 0,
    answerHeadBytes: 4096,
    upgrade: null,
  },
  carried: null,
};

const filters: readonly Filter[] = [
  { wrap: (_request, _head, next) => new Holding(next) },
  { tap: (_request, next) => new (class extends RequestStep {})(next) },
  { intercept: (_request, status) => (status >= 400 ? DETOUR : null) },
];

test("the same holds with steps on the ways of both bodies and answers that are fetched elsewhere", () => {
  const two = fc.tuple(fc.array(fc.constantFrom(...EVENTS), { maxLength: 10 }), fc.array(fc.constantFrom(...EVENTS)));
  fc.assert(
    fc.property(two, ([first, second]) => {
      using proxy = new ExchangeHarness({ hooks: collectHooks(filters) });
      proxy.apply({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/", { bodyLimitBytes: 10 })])] });
      const stream = proxy.send({ method: "POST", bodyLengthBytes: -1, upgrade: "websocket" });
      const players = [new Player(stream, proxy.upstream.request)];
      for (const event of first) players[0]?.play(event);
      const [, elsewhere] = proxy.upstream.requests;
      if (elsewhere !== undefined) players.push(new Player(stream, elsewhere));
      for (const [index, event] of second.entries()) players[index % players.length]?.play(event);
      stream.handler.onClose({ code: "closed", detail: "", requestSent: true, responseStarted: false });
      for (const player of players) {
        player.play("failure");
        player.tunnel.destroy();
      }
      stream.tunnel?.destroy();
      expect(stream.misuses).toEqual([]);
      expect(proxy.finished).toHaveLength(1);
      expect(proxy.core.log.running).toBe(0);
      expect(proxy.upstream.requests.length).toBeLessThanOrEqual(2);
    }),
    { numRuns: 2000 },
  );
});
