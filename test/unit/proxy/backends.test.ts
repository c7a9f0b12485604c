import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Backend } from "../../../src/model/forward.ts";
import type { UpstreamTable } from "../../../src/upstream/upstream.ts";
import { HeaderList } from "../../../src/wire/wire.ts";
import type { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { UpstreamHarness } from "../../support/servers/upstream-harness.ts";
import { buildDelta } from "../../support/builders/model-builder.ts";
import { buildAffinity } from "../../support/builders/filter-builder.ts";
import { buildBackend, buildForward, buildHost, buildRoute } from "../../support/builders/route-builder.ts";

let harness: UpstreamHarness;
let upstreams: UpstreamTable;
let proxy: ExchangeHarness;
beforeEach(() => {
  harness = new UpstreamHarness();
  ({ upstreams, proxy } = harness);
});
afterEach(() => harness[Symbol.dispose]());

const ENDPOINTS = { a: ["192.0.2.1:80"], b: ["192.0.2.2:80"], c: ["192.0.2.3:80"] };

/** Serves one route with these backends. */
function serve(backends: readonly Backend[], endpoints: Readonly<Record<string, readonly string[]>> = ENDPOINTS): void {
  const route = { ...buildRoute("main", "prefix", "/"), action: { ...buildForward("a"), backends } };
  const delta = buildDelta({ hosts: [buildHost("_", [route])], endpoints });
  upstreams.apply(delta);
  proxy.runtime.apply(delta);
}

/** The upstream that a request goes to at that draw, or the status of the answer. */
function askAt(random: number, headers: readonly (readonly [string, string])[] = []): string | number {
  proxy.nextRandom = () => random;
  const before = proxy.upstream.requests.length;
  const { status } = proxy.send({ headers });
  return proxy.upstream.requests[before]?.plan.upstream.id ?? status;
}

describe("several backends", () => {
  test("share the requests by their weights", () => {
    serve([buildBackend("a", { weight: 1 }), buildBackend("b", { weight: 3 })]);
    expect([0, 0.24, 0.26, 0.99].map((random) => askAt(random))).toEqual(["a", "a", "b", "b"]);
  });

  test("one with weight 0 gets nothing", () => {
    serve([buildBackend("a", { weight: 0 }), buildBackend("b", { weight: 1 })]);
    expect([0, 0.5, 0.999].map((random) => askAt(random))).toEqual(["b", "b", "b"]);
  });

  test("where all have weight 0 every request is answered 500", () => {
    serve([buildBackend("a", { weight: 0 }), buildBackend("b", { weight: 0 })]);
    expect(askAt(0.5)).toBe(500);
    expect(proxy.record.errorCode).toBe("unresolved-backend");
  });

  test("one that leads nowhere answers its share with 500", () => {
    serve([buildBackend("a", { weight: 1 }), buildBackend(null, { weight: 1 })]);
    expect([0.1, 0.9].map((random) => askAt(random))).toEqual(["a", 500]);
  });

  test("one without endpoints answers its share with 503", () => {
    serve([buildBackend("a", { weight: 1 }), buildBackend("b", { weight: 1 })], { a: ["192.0.2.1:80"], b: [] });
    expect([0.1, 0.9].map((random) => askAt(random))).toEqual(["a", 503]);
  });

  test("the only backend that leads nowhere answers everything with 500", () => {
    serve([buildBackend(null)]);
    expect(askAt(0.5)).toBe(500);
  });

  test("get shares that add up, whatever the weights", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 6 }), (weights) => {
        serve(weights.map((weight, index) => buildBackend(["a", "b", "c"][index % 3] ?? "a", { weight })));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const draws = 200;
        const answers = Array.from({ length: draws }, (_, i) => askAt(i / draws));
        if (total === 0 && weights.length > 1) expect(new Set(answers)).toEqual(new Set([500]));
        else expect(answers.every((answer) => typeof answer === "string")).toBe(true);
        for (const id of ["a", "b", "c"]) {
          const own = weights.filter((_, index) => (["a", "b", "c"][index % 3] ?? "a") === id);
          const share =
            weights.length === 1 ? Number(id === "a") : own.reduce((sum, one) => sum + one, 0) / (total || 1);
          const got = answers.filter((answer) => answer === id).length / draws;
          expect(Math.abs(got - share)).toBeLessThanOrEqual((own.length + 1) / draws);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("session affinity over several backends", () => {
  const affinity = buildAffinity({ cookieName: "STICK" });
  const both = [buildBackend("a", { affinity }), buildBackend("b", { affinity })];

  function cookieOf(random: number): string {
    const stream = (() => {
      proxy.nextRandom = () => random;
      return proxy.send();
    })();
    proxy.upstream.request.plan.stick?.pick([]);
    proxy.upstream.request.handler.onHead(200, new HeaderList(), 0);
    const [line = ""] = stream.headers.getAll("set-cookie");
    proxy.upstream.requests.length = 0;
    return line.split(";")[0] ?? "";
  }

  test.each([
    ["a", 0.1],
    ["b", 0.9],
  ])("a session of %s stays there, whatever is drawn", (id, random) => {
    serve(both);
    const cookie = cookieOf(random);
    expect(cookie).toMatch(/^STICK=/);
    expect([0.1, 0.9].map((draw) => askAt(draw, [["Cookie", cookie]]))).toEqual([id, id]);
  });

  test("a session of a backend without endpoints is no reason to stay", () => {
    serve(both);
    const cookie = cookieOf(0.9);
    serve(both, { a: ["192.0.2.1:80"], b: [] });
    expect(askAt(0.1, [["Cookie", cookie]])).toBe("a");
  });
});

describe("edits of one backend's requests", () => {
  const edits = (value: string) => ({ set: [["X-Backend", value]] as const, add: [], remove: [] });

  test("reach its requests and answers alone", () => {
    const filters = { requestHeaders: edits("asked-b"), responseHeaders: edits("answered-b") };
    serve([buildBackend("a"), buildBackend("b", { filters })]);
    const seen = [0.1, 0.9].map((random) => {
      proxy.nextRandom = () => random;
      const stream = proxy.send();
      const request = proxy.upstream.requests.at(-1);
      request?.handler.onHead(200, new HeaderList(), 0);
      return [request?.head.headers.get("x-backend"), stream.headers.get("x-backend")];
    });
    expect(seen).toEqual([
      [undefined, undefined],
      ["asked-b", "answered-b"],
    ]);
  });

  test("come after those of the route, also where it is the only backend", () => {
    const backend = buildBackend("a", { filters: { requestHeaders: edits("backend") } });
    const route = buildRoute("main", "prefix", "/", { requestHeaders: edits("route") });
    const delta = buildDelta({
      hosts: [buildHost("_", [{ ...route, action: { ...buildForward("a"), backends: [backend] } }])],
      endpoints: ENDPOINTS,
    });
    upstreams.apply(delta);
    proxy.runtime.apply(delta);
    proxy.send();
    expect(proxy.upstream.request.head.headers.getAll("x-backend")).toEqual(["backend"]);
  });
});
