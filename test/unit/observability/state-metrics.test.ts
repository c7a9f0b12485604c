import { describe, expect, test } from "vitest";
import { STATE_METRICS } from "../../../src/observability/observability.ts";
import {
  countCollection,
  createThreadMemory,
  THREAD_FIGURE,
} from "../../../src/observability/state-metrics/thread-memory.ts";
import { sealSecret } from "../../../src/lib/secret.ts";
import type { Certificate } from "../../../src/model/certificate.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import type { Problem } from "../../../src/model/problem.ts";
import { CountedMetrics, delta, hostDelta, linesOf, printed } from "../../support/oracles/counted-metrics.ts";
import { anExchange, aRoute } from "../../support/builders/finished-exchange.ts";
import { EC_PAIR } from "../../support/builders/test-certificates.ts";

const CONSTANT = 'controller_class="k8s.io/ingress-nginx",controller_namespace="ingress",controller_pod="pod-1"';

function openMetrics(overrides: ConstructorParameters<typeof CountedMetrics>[0] = {}): CountedMetrics {
  return new CountedMetrics(overrides);
}

function aProblem(severity: Problem["severity"]): Problem {
  const source = { kind: "Ingress", namespace: "shop", name: "web" };
  return { severity, reason: "Test", source, field: "", value: "", message: "", effect: "none" };
}

function aCertificate(certPem: string): Certificate {
  const source = { kind: "Secret", namespace: "shop", name: "cert" };
  const keyPem = sealSecret("key");
  return { id: "shop/cert", certPem, keyPem, fingerprint: "f00d", names: [], notAfterMs: 1_800_000_000_000, source };
}

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
    metrics.metrics.recordFailed();
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
    metrics.recordApplied(delta({ certificates: new Map([["shop/cert", aCertificate("")]]) }));
    metrics.recordApplied(hostDelta([]));
    const [line] = await linesOf(metrics, "nginx_ingress_controller_ssl_expire_time_seconds");
    expect(line).toContain(
      'namespace="shop",class="k8s.io/ingress-nginx",host="shop.example.com",secret_name="cert",identifier="f00d"',
    );
    expect(line).toMatch(/ 1800000000$/);
    metrics.recordApplied(hostDelta(null));
    expect(await linesOf(metrics, "nginx_ingress_controller_ssl_expire_time_seconds")).toEqual([]);
  });

  test("tell orphans: Ingresses without Service or endpoint", async () => {
    const metrics = openMetrics();
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.recordApplied(delta({ endpoints: new Map([["shop-web-80", { upstream: "shop-web-80", endpoints: [] }]]) }));
    const values = async (): Promise<string[]> =>
      (await linesOf(metrics, "nginx_ingress_controller_orphan_ingress")).map((line) =>
        line.replace(/.*ingress="web",type="([\w-]+)"\} (\d)$/, "$1 $2"),
      );
    expect(await values()).toEqual(["no-service 0", "no-endpoint 1"]);
    const problem = { ...aProblem("error"), reason: "ServiceNotFound" };
    metrics.metrics.recordProblems(new Map([["Ingress shop/web", [problem]]]));
    expect(await values()).toEqual(["no-service 1", "no-endpoint 1"]);
  });

  test("describe a certificate as Go does", async () => {
    const metrics = openMetrics();
    const { certPem } = EC_PAIR;
    metrics.recordApplied(delta({ certificates: new Map([["shop/cert", aCertificate(certPem)]]) }));
    metrics.recordApplied(hostDelta([]));
    const [line] = await linesOf(metrics, "nginx_ingress_controller_ssl_certificate_info");
    expect(line).toMatch(/secret_name="cert",.*serial_number="\d+",public_key_algorithm="(RSA|ECDSA)"\} 1$/);
  });

  test("measure how long changes took, without the first one", async () => {
    const metrics = openMetrics();
    metrics.recordApplied(delta({}), 9000);
    metrics.recordApplied(delta({}), 4);
    const sum = await linesOf(metrics, "headgate_propagation_seconds_sum");
    expect(sum.map((line) => line.split(" ").at(-1))).toEqual(["0.004"]);
    const buckets = await linesOf(metrics, "headgate_propagation_seconds_bucket");
    expect(buckets.find((line) => line.includes('le="0.005"'))).toMatch(/ 1$/);
    expect(buckets.at(-1)).toMatch(/le="\+Inf"\} 1$/);
  });

  test("tell the election and what was written, where there is one", async () => {
    const duties = {
      electionId: "lease",
      leading: true,
      statusWrites: 3,
      statusFailures: 1,
      foreignStatusWrites: 2,
      droppedEvents: 0,
    };
    const metrics = openMetrics({ readDuties: () => duties });
    expect((await linesOf(metrics, "nginx_ingress_controller_leader_election_status"))[0]).toMatch(/name="lease"\} 1$/);
    expect((await linesOf(metrics, "headgate_status_foreign_writes_total"))[0]).toMatch(/ 2$/);
    expect(await linesOf(openMetrics(), "nginx_ingress_controller_leader_election_status")).toEqual([]);
  });

  test("count the webhook's verdicts by Ingress, but not without end", async () => {
    const metrics = openMetrics();
    const review = { namespace: "shop", name: "web", accepted: true, testedIngresses: 1, seconds: 0.002 };
    metrics.metrics.recordReview(review);
    metrics.metrics.recordReview({ ...review, accepted: false });
    expect((await linesOf(metrics, "nginx_ingress_controller_check_success"))[0]).toMatch(/ingress="web"\} 1$/);
    expect((await linesOf(metrics, "nginx_ingress_controller_check_errors"))[0]).toMatch(/ingress="web"\} 1$/);
    expect((await linesOf(metrics, "nginx_ingress_controller_admission_tested_duration"))[0]).toMatch(/ 0\.002$/);
    for (let i = 0; i < 2000; i++) metrics.metrics.recordReview({ ...review, name: `n${i}` });
    expect((await linesOf(metrics, "nginx_ingress_controller_check_success")).length).toBeLessThanOrEqual(1000);
  });

  test("tell for how long the API server has been silent, by kind", async () => {
    expect((await linesOf(openMetrics(), "headgate_api_server_silence_seconds"))[0]).toMatch(/kind="Ingress"\} 2\.5$/);
  });

  test("count connections as nginx's status does", async () => {
    const values = await linesOf(openMetrics(), "nginx_ingress_controller_nginx_process_connections");
    expect(values.map((line) => line.replace(/.*state="(\w+)"\} (\d+)$/, "$1 $2"))).toEqual([
      "active 7",
      "reading 0",
      "writing 4",
      "waiting 3",
    ]);
  });

  test("count problems by severity, and clear them", async () => {
    const metrics = openMetrics();
    metrics.metrics.recordProblems(
      new Map([["Ingress shop/web", [aProblem("error"), aProblem("warning"), aProblem("warning")]]]),
    );
    metrics.metrics.recordProblems(new Map([["Ingress shop/api", [aProblem("error")]]]));
    const values = async () => (await linesOf(metrics, "headgate_problems")).map((line) => line.split(" ").at(-1));
    expect(await values()).toEqual(["2", "2"]);
    metrics.metrics.recordProblems(new Map([["Ingress shop/web", []]]));
    expect(await values()).toEqual(["1", "0"]);
  });

  test("count the Ingresses of every IngressClass that is missing", async () => {
    const metrics = openMetrics();
    const source = { kind: "IngressClass", namespace: "", name: "nginx" };
    const missing = { ...aProblem("warning"), source, reason: "IngressClassNotFound", value: "12" };
    metrics.metrics.recordProblems(new Map([["IngressClass nginx", [missing]]]));
    const lines = await linesOf(metrics, "headgate_ingresses_without_class");
    expect(lines).toEqual([expect.stringMatching(/class="nginx"\} 12$/)]);
    metrics.metrics.recordProblems(new Map([["IngressClass nginx", []]]));
    expect(await linesOf(metrics, "headgate_ingresses_without_class")).toEqual([]);
  });

  test("count the proxy's own errors by code", async () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: null, virtualHost: null, errorCode: "bad-chunk-size", status: 400 }));
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

  test("describe every family of prom-client that is printed, and print every one that is described", async () => {
    const lines = await printed(openMetrics());
    const described = STATE_METRICS.map(({ name }) => name).filter((name) => /^(?:process|nodejs)_/.test(name));
    const silent = described.filter((name) => !lines.some((line) => line.startsWith(name) && / \d/.test(line)));
    // A young thread may not have collected anything yet.
    expect(silent.filter((name) => name !== "nodejs_gc_duration_seconds")).toEqual([]);
    expect(described).toContain("process_max_fds");
  });

  test("tell heap and collections of every thread in one family", async () => {
    const memory = createThreadMemory();
    countCollection(memory, "minor", 0.002);
    countCollection(memory, "minor", 7);
    memory[THREAD_FIGURE.heapUsed] = 4096;
    const metrics = openMetrics({ readThreads: () => [["2", memory]] });
    const used = await linesOf(metrics, "nodejs_heap_size_used_bytes");
    expect(used[0]).toMatch(/thread="main"\} \d{6,}$/);
    expect(used[1]).toMatch(/thread="2"\} 4096$/);
    const own = (await printed(metrics)).filter((line) => line.startsWith("nodejs_gc_") && line.includes('thread="2"'));
    expect(own.map((line) => line.replace(/\{.*kind="minor",?/, "{"))).toEqual([
      'nodejs_gc_duration_seconds_bucket{le="0.001"} 0',
      'nodejs_gc_duration_seconds_bucket{le="0.01"} 1',
      'nodejs_gc_duration_seconds_bucket{le="0.1"} 1',
      'nodejs_gc_duration_seconds_bucket{le="1"} 1',
      'nodejs_gc_duration_seconds_bucket{le="2"} 1',
      'nodejs_gc_duration_seconds_bucket{le="5"} 1',
      'nodejs_gc_duration_seconds_bucket{le="+Inf"} 2',
      "nodejs_gc_duration_seconds_sum{} 7.002",
      "nodejs_gc_duration_seconds_count{} 2",
    ]);
  });

  test("are OpenMetrics where that is asked for: counters keep the names they have in the text format", async () => {
    const metrics = openMetrics();
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.onFinish(anExchange({ route: aRoute() }));
    const text = (await printed(metrics)).filter((line) => line !== "" && !line.startsWith("#"));
    const open = (await printed(metrics, "openmetrics")).filter((line) => line !== "");
    expect(open.at(-1)).toBe("# EOF");
    const nameOf = (line: string): string => line.slice(0, line.search(/[{ ]/));
    expect(new Set(open.filter((line) => !line.startsWith("#")).map(nameOf))).toEqual(new Set(text.map(nameOf)));
    expect(open).toContain("# TYPE nginx_ingress_controller_requests unknown");
    expect(open).toContain("# TYPE process_cpu_seconds counter");
    const counters = open.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []);
    expect(counters.filter((name) => name.endsWith("_total"))).toEqual([]);
  });
});
