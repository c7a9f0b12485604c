import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sealSecret } from "../../src/lib/secret.ts";
import type { FinishedExchange } from "../../src/model/finished-exchange.ts";
import type { ModelDelta } from "../../src/model/model.ts";
import type { Problem } from "../../src/model/problem.ts";
import type { Route } from "../../src/model/route.ts";
import type { Metrics } from "../../src/observability/observability.ts";
import { CountedMetrics } from "../support/counted-metrics.ts";
import { anAttempt, anExchange, aRoute } from "../support/finished-exchange.ts";

const CONSTANT = 'controller_class="k8s.io/ingress-nginx",controller_namespace="ingress",controller_pod="pod-1"';
const WEB = `${CONSTANT},host="shop.example.com",ingress="web",namespace="shop",path="/",service="web"`;

const OPTIONS = {
  clock: { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0 },
  version: "1.2.3",
  controller: { class: "k8s.io/ingress-nginx", namespace: "ingress", pod: "pod-1" },
  openConnections: () => 7,
  droppedLogLines: () => 3,
};

function openMetrics(): CountedMetrics {
  return new CountedMetrics(OPTIONS);
}

async function printed(metrics: Metrics): Promise<string[]> {
  let text = "";
  for await (const piece of metrics.print()) text += piece;
  return text.split("\n");
}

/** The lines of one metric, comments left out. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const start = new RegExp(`^${name}[{ ]`);
  return (await printed(metrics)).filter((line) => start.test(line));
}

function delta(parts: Partial<ModelDelta>): ModelDelta {
  const none = new Map<string, never>();
  return { virtualHosts: none, upstreams: none, endpoints: none, certificates: none, ...parts };
}

function hostDelta(routes: readonly Route[] | null): ModelDelta {
  const id = "shop.example.com";
  const host = routes === null ? null : { id, regexMode: false, routes, certificate: "shop/cert", appRoot: null };
  return delta({ virtualHosts: new Map([[id, host]]) });
}

function aProblem(severity: Problem["severity"]): Problem {
  const source = { kind: "Ingress", namespace: "shop", name: "web" };
  return { severity, reason: "Test", source, field: "", value: "", message: "", effect: "none" };
}

describe("request metrics", () => {
  test("count under ingress-nginx's name and labels", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    metrics.onFinish(anExchange({ route }));
    metrics.onFinish(anExchange({ route }));
    metrics.onFinish(anExchange({ route, status: 404 }));
    expect(await linesOf(metrics, "nginx_ingress_controller_requests")).toEqual([
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
    metrics.onFinish(anExchange({ route: aRoute(), knownHost: false, host: "scanner.example" }));
    expect((await printed(metrics)).join("\n")).not.toContain("scanner");
  });

  test("count a wildcard host under its pattern", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    for (const name of ["a", "b"]) {
      metrics.onFinish(anExchange({ route, host: `${name}.example.com`, virtualHost: "*.example.com" }));
    }
    const lines = await linesOf(metrics, "nginx_ingress_controller_requests");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('host="*.example.com"');
  });

  test("name the canary's upstream", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute(), alternativeUpstream: "shop-web-v2-80" }));
    const [line] = await linesOf(metrics, "nginx_ingress_controller_requests");
    expect(line).toContain('canary="shop-web-v2-80"');
  });

  test("stay bounded whatever methods clients invent", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (method) => metrics.onFinish(anExchange({ route, method }))),
      { numRuns: 500 },
    );
    expect((await linesOf(metrics, "nginx_ingress_controller_requests")).length).toBeLessThanOrEqual(10);
  });

  test("escape label values", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute({ path: '/a"b\\c\nd' }) }));
    const [line] = await linesOf(metrics, "nginx_ingress_controller_requests");
    expect(line).toContain(String.raw`path="/a\"b\\c\nd"`);
  });

  test("go on counting when a route object is replaced", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: aRoute() }));
    metrics.onFinish(anExchange({ route: aRoute() }));
    const [line] = await linesOf(metrics, "nginx_ingress_controller_requests");
    expect(line).toMatch(/ 2$/);
  });

  test("drop the series of an Ingress whose routes are gone", async () => {
    const metrics = openMetrics();
    const route = aRoute();
    metrics.recordApplied(hostDelta([route]));
    metrics.onFinish(anExchange({ route }));
    metrics.recordApplied(hostDelta([aRoute({ path: "/new" })]));
    expect(await linesOf(metrics, "nginx_ingress_controller_requests")).toHaveLength(1);
    metrics.recordApplied(hostDelta(null));
    expect(await linesOf(metrics, "nginx_ingress_controller_requests")).toEqual([]);
  });
});

describe("several data planes", () => {
  async function requests(metrics: Metrics): Promise<string[]> {
    const lines = await linesOf(metrics, "nginx_ingress_controller_requests");
    return lines.map((line) => line.replace(/.*status="(\d+)"\} (\d+)$/, "$1: $2"));
  }

  test("are added up", async () => {
    const metrics = openMetrics();
    const second = metrics.openRecorder(2, OPTIONS);
    metrics.onFinish(anExchange({ route: aRoute() }));
    second.onFinish(anExchange({ route: aRoute() }));
    second.onFinish(anExchange({ route: aRoute(), status: 404, errorCode: "x" }));
    metrics.onFinish(anExchange({ route: aRoute(), status: 500, errorCode: "x" }));
    expect(await requests(metrics)).toEqual(["200: 2", "404: 1", "500: 1"]);
    expect((await linesOf(metrics, "headgate_proxy_errors_total"))[0]).toMatch(/code="x".* 2$/);
  });

  test("are not forgotten when one dies", async () => {
    const metrics = openMetrics();
    const second = metrics.openRecorder(2, OPTIONS);
    for (let i = 0; i < 3; i++) second.onFinish(anExchange({ route: aRoute() }));
    metrics.retire(2);
    expect(await requests(metrics)).toEqual(["200: 3"]);
    metrics.openRecorder(3, OPTIONS).onFinish(anExchange({ route: aRoute() }));
    metrics.retire(3);
    expect(await requests(metrics)).toEqual(["200: 4"]);
  });

  test("drop the series of an Ingress that is gone, each its own, and those of the dead", async () => {
    const metrics = openMetrics();
    const dead = metrics.openRecorder(2, OPTIONS);
    dead.onFinish(anExchange({ route: aRoute() }));
    metrics.retire(2);
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.onFinish(anExchange({ route: aRoute() }));
    const third = metrics.openRecorder(3, OPTIONS);
    third.apply(hostDelta([aRoute()]));
    third.onFinish(anExchange({ route: aRoute() }));
    expect(await requests(metrics)).toEqual(["200: 3"]);
    metrics.recordApplied(hostDelta(null));
    expect(await requests(metrics)).toEqual(["200: 1"]);
    third.apply(hostDelta(null));
    expect(await requests(metrics)).toEqual([]);
  });
});

describe("state metrics", () => {
  test("tell whether and when the last configuration was applied", async () => {
    const metrics = openMetrics();
    const labels = `{${CONSTANT}}`;
    metrics.recordApplied(delta({}));
    expect(await linesOf(metrics, "nginx_ingress_controller_config_last_reload_successful")).toEqual([
      `nginx_ingress_controller_config_last_reload_successful${labels} 1`,
    ]);
    expect(await linesOf(metrics, "nginx_ingress_controller_config_last_reload_successful_timestamp_seconds")).toEqual([
      `nginx_ingress_controller_config_last_reload_successful_timestamp_seconds${labels} 1700000000`,
    ]);
    metrics.recordFailed();
    expect(await linesOf(metrics, "nginx_ingress_controller_config_last_reload_successful")).toEqual([
      `nginx_ingress_controller_config_last_reload_successful${labels} 0`,
    ]);
    expect(await linesOf(metrics, "nginx_ingress_controller_success")).toEqual([
      `nginx_ingress_controller_success${labels} 1`,
    ]);
    expect(await linesOf(metrics, "nginx_ingress_controller_errors")).toEqual([
      `nginx_ingress_controller_errors${labels} 1`,
    ]);
  });

  test("hash the configuration, whatever the order in which it came", async () => {
    const [first, second, third] = [openMetrics(), openMetrics(), openMetrics()];
    const endpoints = delta({ endpoints: new Map([["a", { upstream: "a", endpoints: [] }]]) });
    for (const step of [hostDelta([aRoute()]), endpoints]) first.recordApplied(step);
    for (const step of [endpoints, hostDelta([]), hostDelta([aRoute()])]) second.recordApplied(step);
    for (const step of [endpoints, hostDelta([aRoute()]), hostDelta(null)]) third.recordApplied(step);
    const hashes = await Promise.all(
      [first, second, third].map((m) => linesOf(m, "nginx_ingress_controller_config_hash")),
    );
    expect(hashes[0]).toEqual(hashes[1]);
    expect(hashes[0]).not.toEqual(hashes[2]);
  });

  test("tell when the certificate of a host ends, and forget it with the host", async () => {
    const metrics = openMetrics();
    const source = { kind: "Secret", namespace: "shop", name: "cert" };
    const notAfterMs = 1_800_000_000_000;
    const keyPem = sealSecret("key");
    const certificate = { id: "shop/cert", certPem: "", keyPem, fingerprint: "f00d", names: [], notAfterMs, source };
    metrics.recordApplied(delta({ certificates: new Map([["shop/cert", certificate]]) }));
    metrics.recordApplied(hostDelta([]));
    const [line] = await linesOf(metrics, "nginx_ingress_controller_ssl_expire_time_seconds");
    expect(line).toContain('namespace="shop",host="shop.example.com",secret_name="cert",identifier="f00d"');
    expect(line).toMatch(/ 1800000000$/);
    metrics.recordApplied(hostDelta(null));
    expect(await linesOf(metrics, "nginx_ingress_controller_ssl_expire_time_seconds")).toEqual([]);
  });

  test("count problems by severity, and clear them", async () => {
    const metrics = openMetrics();
    metrics.recordProblems(
      new Map([["Ingress shop/web", [aProblem("error"), aProblem("warning"), aProblem("warning")]]]),
    );
    metrics.recordProblems(new Map([["Ingress shop/api", [aProblem("error")]]]));
    const values = async () => (await linesOf(metrics, "headgate_problems")).map((line) => line.split(" ").at(-1));
    expect(await values()).toEqual(["2", "2"]);
    metrics.recordProblems(new Map([["Ingress shop/web", []]]));
    expect(await values()).toEqual(["1", "0"]);
  });

  test("count the proxy's own errors by code", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: null, knownHost: false, errorCode: "bad-chunk-size", status: 400 }));
    const [line] = await linesOf(metrics, "headgate_proxy_errors_total");
    expect(line).toMatch(/code="bad-chunk-size".* 1$/);
  });

  test("read connections and dropped log lines at each scrape", async () => {
    const metrics = openMetrics();
    const [connections] = await linesOf(metrics, "nginx_ingress_controller_nginx_process_connections");
    expect(connections).toMatch(/state="active".* 7$/);
    const [dropped] = await linesOf(metrics, "headgate_log_lines_dropped_total");
    expect(dropped).toMatch(/ 3$/);
  });

  test("are text format 0.0.4: every line is a comment or a sample, every metric is described once", async () => {
    const metrics = openMetrics();
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.onFinish(anExchange({ route: aRoute() }) satisfies FinishedExchange);
    const lines = (await printed(metrics)).filter((line) => line !== "");
    const sample = /^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? (\d[\d.e+-]*|\+Inf|NaN)$/;
    expect(lines.filter((line) => !line.startsWith("# ") && !sample.test(line))).toEqual([]);
    const types = lines.filter((line) => line.startsWith("# TYPE"));
    expect(new Set(types).size).toBe(types.length);
  });
});
