import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CountedMetrics,
  hostDelta,
  linesOf,
  printed,
  REQUEST_METRICS,
  requestsOf,
} from "../../support/oracles/counted-metrics.ts";
import { anAttempt, anExchange, aRoute, newRouteMemo } from "../../support/builders/finished-exchange.ts";

const CONSTANT = 'controller_class="k8s.io/ingress-nginx",controller_namespace="ingress",controller_pod="pod-1"';
const WEB = `${CONSTANT},host="shop.example.com",ingress="web",namespace="shop",path="/",service="web"`;

function openMetrics(overrides: ConstructorParameters<typeof CountedMetrics>[0] = {}): CountedMetrics {
  return new CountedMetrics(overrides);
}

async function requestLines(metrics: CountedMetrics): Promise<string[]> {
  return (await printed(metrics)).filter((line) => !/^(?:process|nodejs)_/.test(line));
}

describe("request metrics", () => {
  test("count under ingress-nginx's name and labels", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    metrics.onFinish(anExchange({ route }));
    metrics.onFinish(anExchange({ route }));
    metrics.onFinish(anExchange({ route, status: 404 }));
    expect(await requestsOf(metrics)).toEqual([
      `nginx_ingress_controller_requests{${WEB},canary="",method="GET",status="200"} 2`,
      `nginx_ingress_controller_requests{${WEB},canary="",method="GET",status="404"} 1`,
    ]);
  });

  test.each([
    ["request_duration_seconds", "0.012", "0.025"],
    ["response_duration_seconds", "0.008", "0.01"],
    ["header_duration_seconds", "0.007", "0.01"],
    ["connect_duration_seconds", "0.001", "0.005"],
    ["request_size", "90", "90"],
    ["response_size", "700", "+Inf"],
    ["bytes_sent", "700", "1000"],
  ])("%s is a cumulative histogram", async (name, sum, firstBucket) => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute() }));
    const full = `nginx_ingress_controller_${name}`;
    const labels = `{${WEB},canary="",method="GET",status="200"`;
    expect(await linesOf(metrics, `${full}_sum`)).toEqual([`${full}_sum${labels}} ${sum}`]);
    expect(await linesOf(metrics, `${full}_count`)).toEqual([`${full}_count${labels}} 1`]);
    const buckets = await linesOf(metrics, `${full}_bucket`);
    const firstFull = buckets.findIndex((line) => line.endsWith(" 1"));
    expect(buckets[firstFull]).toContain(`le="${firstBucket}"`);
    expect(buckets.slice(firstFull).every((line) => line.endsWith(" 1"))).toBe(true);
    expect(buckets.at(-1)).toContain('le="+Inf"');
  });

  test("have no upstream times for an answer of the proxy itself", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute(), attempts: [], status: 503 }));
    expect(await linesOf(metrics, "nginx_ingress_controller_response_duration_seconds_count")).toEqual([]);
    expect(await linesOf(metrics, "nginx_ingress_controller_request_duration_seconds_count")).toHaveLength(1);
  });

  test("take the upstream times of the last attempt", async () => {
    const metrics = openMetrics();
    const attempts = [anAttempt({ status: 0, durationMs: 9000 }), anAttempt({ durationMs: 20 })];
    metrics.onFinish(anExchange({ route: aRoute(), attempts }));
    const [sum] = await linesOf(metrics, "nginx_ingress_controller_response_duration_seconds_sum");
    expect(sum).toMatch(/ 0\.02$/);
  });

  test("leave out hosts that no Ingress has", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute(), virtualHost: null, host: "scanner.example" }));
    expect((await printed(metrics)).join("\n")).not.toContain("scanner");
  });

  test("count a wildcard host under its pattern", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    for (const name of ["a", "b"]) {
      metrics.onFinish(
        anExchange({ route, host: `${name}.example.com`, virtualHost: { id: "*.example.com", isDefault: false } }),
      );
    }
    const lines = await requestsOf(metrics);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('host="*.example.com"');
  });

  test("name the canary's upstream", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute(), alternativeUpstream: "shop-web-v2-80" }));
    const [line] = await requestsOf(metrics);
    expect(line).toContain('canary="shop-web-v2-80"');
  });

  test("stay bounded whatever methods clients invent", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (method) => metrics.onFinish(anExchange({ route, method }))),
      { numRuns: 500 },
    );
    expect((await requestsOf(metrics)).length).toBeLessThanOrEqual(10);
  });

  test("escape label values", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute({ path: '/a"b\\c\nd' }) }));
    const [line] = await requestsOf(metrics);
    expect(line).toContain(String.raw`path="/a\"b\\c\nd"`);
  });

  test("are the same whatever was remembered of a route and read ahead", async () => {
    const request = fc.record({
      at: fc.nat({ max: 2 }),
      method: fc.constantFrom("GET", "POST", "BREW"),
      status: fc.constantFrom(200, 404, 599),
      alternativeUpstream: fc.constantFrom("", "shop-canary-80"),
      readAhead: fc.boolean(),
    });
    const routes = [0, 1, 2].map((n) => aRoute({ path: `/${n}` }));
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), fc.boolean(), async (requests, perHost) => {
        const options = { requests: { ...REQUEST_METRICS, perHost } };
        const [plain, memoizeBounded] = [openMetrics(options), openMetrics(options)];
        const memos = routes.map(() => newRouteMemo());
        for (const { at, readAhead, ...rest } of requests) {
          // The last one is the default server's.
          const virtualHost = { id: "a.test" as const, isDefault: at === 2 };
          const exchange = anExchange({ ...rest, route: routes[at] ?? null, virtualHost });
          plain.onFinish(exchange);
          if (readAhead) memoizeBounded.prefetch(memos);
          memoizeBounded.onFinish({ ...exchange, routeMemo: memos[at] ?? null });
        }
        expect(await requestLines(memoizeBounded)).toEqual(await requestLines(plain));
      }),
    );
  });

  test("go on counting when a route object is replaced", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute() }));
    metrics.onFinish(anExchange({ route: aRoute() }));
    const [line] = await requestsOf(metrics);
    expect(line).toMatch(/ 2$/);
  });

  test("drop the series of an Ingress whose routes are gone", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    metrics.recordApplied(hostDelta([route]));
    metrics.onFinish(anExchange({ route }));
    metrics.recordApplied(hostDelta([aRoute({ path: "/new" })]));
    expect(await requestsOf(metrics)).toHaveLength(1);
    metrics.recordApplied(hostDelta(null));
    expect(await requestsOf(metrics)).toEqual([]);
  });

  test("count a route from zero, and with its first request the errors that alerts look for", async () => {
    const metrics = openMetrics();
    metrics.recordApplied(hostDelta([aRoute()]));
    const all = async (): Promise<string[]> =>
      (await linesOf(metrics, "nginx_ingress_controller_requests")).map((line) =>
        line.replace(/.*method="(\w+)",status="(\w+)"\} (\d+)$/, "$1 $2: $3"),
      );
    expect(await all()).toEqual(["GET 200: 0"]);
    metrics.onFinish(anExchange({ route: aRoute(), method: "POST", status: 502 }));
    expect((await all()).toSorted()).toEqual([
      "GET 200: 0",
      "POST 200: 0",
      "POST 500: 0",
      "POST 502: 1",
      "POST 503: 0",
      "POST 504: 0",
    ]);
  });

  test("have no host label with --metrics-per-host=false, and then count every host", async () => {
    const metrics = openMetrics({ requests: { ...REQUEST_METRICS, perHost: false } });
    metrics.onFinish(anExchange({ route: aRoute() }));
    metrics.onFinish(anExchange({ route: aRoute(), virtualHost: { id: "_", isDefault: true } }));
    const lines = await requestsOf(metrics);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("host=");
    expect(lines[0]).toMatch(/ 2$/);
  });

  test("take in undefined hosts where that is asked for, but not without end", async () => {
    const metrics = openMetrics({ requests: { ...REQUEST_METRICS, perUndefinedHost: true } });
    const route = aRoute({ source: null });
    for (let i = 0; i < 600; i++) {
      metrics.onFinish(anExchange({ route, virtualHost: { id: "_", isDefault: true }, host: `h${i}.example` }));
    }
    const lines = await requestsOf(metrics);
    expect(lines).toHaveLength(501);
    expect(lines.at(-1)).toMatch(/host="_".* 100$/);
  });

  test("tell status classes where that is asked for", async () => {
    const metrics = openMetrics({ requests: { ...REQUEST_METRICS, statusClasses: true } });
    for (const status of [200, 204, 503, 500]) metrics.onFinish(anExchange({ route: aRoute(), status }));
    expect((await requestsOf(metrics)).map((line) => line.replace(/.*status="(\w+)"\} (\d+)$/, "$1: $2"))).toEqual([
      "2xx: 2",
      "5xx: 2",
    ]);
  });

  test("fall back to status classes when a backend invents statuses", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    for (let status = 200; status < 600; status++) metrics.onFinish(anExchange({ route, status }));
    const lines = await requestsOf(metrics);
    expect(lines.length).toBeLessThanOrEqual(64 + 4);
    const counts = lines.map((line) => Number(line.slice(line.lastIndexOf(" "))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400);
  });

  test("leave out what --exclude-socket-metrics names", async () => {
    const metrics = openMetrics({ requests: { ...REQUEST_METRICS, excluded: ["request_size", "requests"] } });
    metrics.onFinish(anExchange({ route: aRoute() }));
    const text = (await printed(metrics)).join("\n");
    expect(text).not.toContain("nginx_ingress_controller_request_size");
    expect(text).not.toContain("nginx_ingress_controller_requests");
    expect(text).toContain("nginx_ingress_controller_response_size_sum");
  });

  test("have the buckets of the command line", async () => {
    const metrics = openMetrics({ requests: { ...REQUEST_METRICS, timeBuckets: [0.01, 1] } });
    metrics.onFinish(anExchange({ route: aRoute(), durationMs: 12 }));
    const buckets = await linesOf(metrics, "nginx_ingress_controller_request_duration_seconds_bucket");
    expect(buckets.map((line) => line.replace(/.*le="(.*)"\} (\d+)$/, "$1: $2"))).toEqual([
      "0.01: 0",
      "1: 1",
      "+Inf: 1",
    ]);
  });
});

describe("several data planes", () => {
  async function requests(metrics: CountedMetrics): Promise<string[]> {
    const lines = await requestsOf(metrics);
    return lines.map((line) => line.replace(/.*status="(\d+)"\} (\d+)$/, "$1: $2"));
  }

  test("are added up", async () => {
    const metrics = openMetrics();
    const second = metrics.openRecorder(2);
    metrics.onFinish(anExchange({ route: aRoute() }));
    second.onFinish(anExchange({ route: aRoute() }));
    second.onFinish(anExchange({ route: aRoute(), status: 404, errorCode: "x" }));
    metrics.onFinish(anExchange({ route: aRoute(), status: 500, errorCode: "x" }));
    expect((await requests(metrics)).toSorted()).toEqual(["200: 2", "404: 1", "500: 1"]);
    expect((await linesOf(metrics, "headgate_proxy_errors_total"))[0]).toMatch(/code="x".* 2$/);
  });

  test("count errors by Ingress while it is served, and forget them with it", async () => {
    const metrics = openMetrics();
    const errors = async (): Promise<string[]> =>
      (await linesOf(metrics, "headgate_proxy_errors_total")).map((line) =>
        line.replace(/.*(code=.*)\} (\d+)$/, "$1 $2"),
      );
    const failed = anExchange({ route: aRoute(), status: 502, errorCode: "reset" });
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.onFinish(failed);
    metrics.onFinish(failed);
    metrics.onFinish(anExchange({ route: null, status: 404, errorCode: "no-route" }));
    expect(await errors()).toEqual([
      'code="reset",namespace="shop",ingress="web" 2',
      'code="no-route",namespace="",ingress="" 1',
    ]);
    metrics.recordApplied(hostDelta(null));
    metrics.onFinish(failed);
    expect(await errors()).toEqual([
      'code="no-route",namespace="",ingress="" 1',
      'code="reset",namespace="",ingress="" 1',
    ]);
  });

  test("count connections that were turned away", async () => {
    const metrics = openMetrics();
    const client = anExchange().client;
    metrics.openRecorder(2).onTurnedAway({ code: "tls-version", detail: "", client, serverName: "" });
    expect((await linesOf(metrics, "headgate_proxy_errors_total"))[0]).toMatch(/code="tls-version".* 1$/);
  });

  test("are not forgotten when one dies", async () => {
    const metrics = openMetrics();
    const second = metrics.openRecorder(2);
    for (let i = 0; i < 3; i++) second.onFinish(anExchange({ route: aRoute() }));
    metrics.metrics.retire(2);
    expect(await requests(metrics)).toEqual(["200: 3"]);
    metrics.openRecorder(3).onFinish(anExchange({ route: aRoute() }));
    metrics.metrics.retire(3);
    expect(await requests(metrics)).toEqual(["200: 4"]);
  });

  test("drop the series of an Ingress that is gone, each its own, and those of the dead", async () => {
    const metrics = openMetrics();
    const dead = metrics.openRecorder(2);
    dead.onFinish(anExchange({ route: aRoute() }));
    metrics.metrics.retire(2);
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.onFinish(anExchange({ route: aRoute() }));
    const third = metrics.openRecorder(3);
    third.apply(hostDelta([aRoute()]));
    third.onFinish(anExchange({ route: aRoute() }));
    expect(await requests(metrics)).toEqual(["200: 3"]);
    metrics.recordApplied(hostDelta(null));
    expect(await requests(metrics)).toEqual(["200: 1"]);
    third.apply(hostDelta(null));
    expect(await requests(metrics)).toEqual([]);
  });
});
