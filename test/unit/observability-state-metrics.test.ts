import { describe, expect, test } from "vitest";
import { sealSecret } from "../../src/lib/secret.ts";
import type { Certificate } from "../../src/model/certificate.ts";
import type { FinishedExchange } from "../../src/model/finished-exchange.ts";
import type { Problem } from "../../src/model/problem.ts";
import { CountedMetrics, delta, hostDelta, linesOf, printed } from "../support/counted-metrics.ts";
import { anExchange, aRoute } from "../support/finished-exchange.ts";
import { EC_PAIR } from "../support/test-certificates.ts";

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
  test("tell whether and when the last configuration was applied", () => {
    const metrics = openMetrics();
    const labels = `{${CONSTANT}}`;
    metrics.recordApplied(delta({}));
    expect(linesOf(metrics, "nginx_ingress_controller_config_last_reload_successful")).toEqual([
      `nginx_ingress_controller_config_last_reload_successful${labels} 1`,
    ]);
    expect(linesOf(metrics, "nginx_ingress_controller_config_last_reload_successful_timestamp_seconds")).toEqual([
      `nginx_ingress_controller_config_last_reload_successful_timestamp_seconds${labels} 1700000000`,
    ]);
    metrics.metrics.recordFailed();
    expect(linesOf(metrics, "nginx_ingress_controller_config_last_reload_successful")).toEqual([
      `nginx_ingress_controller_config_last_reload_successful${labels} 0`,
    ]);
    expect(linesOf(metrics, "nginx_ingress_controller_success")).toEqual([
      `nginx_ingress_controller_success${labels} 1`,
    ]);
    expect(linesOf(metrics, "nginx_ingress_controller_errors")).toEqual([`nginx_ingress_controller_errors${labels} 1`]);
  });

  test("hash the configuration, whatever the order in which it came", async () => {
    const [first, second, third] = [openMetrics(), openMetrics(), openMetrics()];
    const endpoints = delta({ endpoints: new Map([["a", { upstream: "a", endpoints: [] }]]) });
    for (const step of [hostDelta([aRoute()]), endpoints]) first.recordApplied(step);
    for (const step of [endpoints, hostDelta([]), hostDelta([aRoute()])]) second.recordApplied(step);
    for (const step of [endpoints, hostDelta([aRoute()]), hostDelta(null)]) third.recordApplied(step);
    const hashes = [first, second, third].map((m) => linesOf(m, "nginx_ingress_controller_config_hash"));
    expect(hashes[0]).toEqual(hashes[1]);
    expect(hashes[0]).not.toEqual(hashes[2]);
  });

  test("tell when the certificate of a host ends, and forget it with the host", () => {
    const metrics = openMetrics();
    metrics.recordApplied(delta({ certificates: new Map([["shop/cert", aCertificate("")]]) }));
    metrics.recordApplied(hostDelta([]));
    const [line] = linesOf(metrics, "nginx_ingress_controller_ssl_expire_time_seconds");
    expect(line).toContain(
      'namespace="shop",class="k8s.io/ingress-nginx",host="shop.example.com",secret_name="cert",identifier="f00d"',
    );
    expect(line).toMatch(/ 1800000000$/);
    metrics.recordApplied(hostDelta(null));
    expect(linesOf(metrics, "nginx_ingress_controller_ssl_expire_time_seconds")).toEqual([]);
  });

  test("tell orphans: Ingresses without Service or endpoint", () => {
    const metrics = openMetrics();
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.recordApplied(delta({ endpoints: new Map([["shop-web-80", { upstream: "shop-web-80", endpoints: [] }]]) }));
    const values = (): string[] =>
      linesOf(metrics, "nginx_ingress_controller_orphan_ingress").map((line) =>
        line.replace(/.*ingress="web",type="([\w-]+)"\} (\d)$/, "$1 $2"),
      );
    expect(values()).toEqual(["no-service 0", "no-endpoint 1"]);
    const problem = { ...aProblem("error"), reason: "ServiceNotFound" };
    metrics.metrics.recordProblems(new Map([["Ingress shop/web", [problem]]]));
    expect(values()).toEqual(["no-service 1", "no-endpoint 1"]);
  });

  test("describe a certificate as Go does", () => {
    const metrics = openMetrics();
    const { certPem } = EC_PAIR;
    metrics.recordApplied(delta({ certificates: new Map([["shop/cert", aCertificate(certPem)]]) }));
    metrics.recordApplied(hostDelta([]));
    const [line] = linesOf(metrics, "nginx_ingress_controller_ssl_certificate_info");
    expect(line).toMatch(/secret_name="cert",.*serial_number="\d+",public_key_algorithm="(RSA|ECDSA)"\} 1$/);
  });

  test("measure how long changes took, without the first one", () => {
    const metrics = openMetrics();
    metrics.recordApplied(delta({}), 9000);
    metrics.recordApplied(delta({}), 4);
    const sum = linesOf(metrics, "headgate_propagation_seconds_sum");
    expect(sum.map((line) => line.split(" ").at(-1))).toEqual(["0.004"]);
    const buckets = linesOf(metrics, "headgate_propagation_seconds_bucket");
    expect(buckets.find((line) => line.includes('le="0.005"'))).toMatch(/ 1$/);
    expect(buckets.at(-1)).toMatch(/le="\+Inf"\} 1$/);
  });

  test("tell the election and what was written, where there is one", () => {
    const duties = {
      electionId: "lease",
      leading: true,
      statusWrites: 3,
      statusFailures: 1,
      foreignStatusWrites: 2,
      droppedEvents: 0,
    };
    const metrics = openMetrics({ readDuties: () => duties });
    expect(linesOf(metrics, "nginx_ingress_controller_leader_election_status")[0]).toMatch(/name="lease"\} 1$/);
    expect(linesOf(metrics, "headgate_status_foreign_writes_total")[0]).toMatch(/ 2$/);
    expect(linesOf(openMetrics(), "nginx_ingress_controller_leader_election_status")).toEqual([]);
  });

  test("count the webhook's verdicts by Ingress, but not without end", () => {
    const metrics = openMetrics();
    const review = { namespace: "shop", name: "web", accepted: true, testedIngresses: 1, seconds: 0.002 };
    metrics.metrics.recordReview(review);
    metrics.metrics.recordReview({ ...review, accepted: false });
    expect(linesOf(metrics, "nginx_ingress_controller_check_success")[0]).toMatch(/ingress="web"\} 1$/);
    expect(linesOf(metrics, "nginx_ingress_controller_check_errors")[0]).toMatch(/ingress="web"\} 1$/);
    expect(linesOf(metrics, "nginx_ingress_controller_admission_tested_duration")[0]).toMatch(/ 0\.002$/);
    for (let i = 0; i < 2000; i++) metrics.metrics.recordReview({ ...review, name: `n${i}` });
    expect(linesOf(metrics, "nginx_ingress_controller_check_success").length).toBeLessThanOrEqual(1000);
  });

  test("count connections as nginx's status does", () => {
    const values = linesOf(openMetrics(), "nginx_ingress_controller_nginx_process_connections");
    expect(values.map((line) => line.replace(/.*state="(\w+)"\} (\d+)$/, "$1 $2"))).toEqual([
      "active 7",
      "reading 0",
      "writing 4",
      "waiting 3",
    ]);
  });

  test("count problems by severity, and clear them", () => {
    const metrics = openMetrics();
    metrics.metrics.recordProblems(
      new Map([["Ingress shop/web", [aProblem("error"), aProblem("warning"), aProblem("warning")]]]),
    );
    metrics.metrics.recordProblems(new Map([["Ingress shop/api", [aProblem("error")]]]));
    const values = () => linesOf(metrics, "headgate_problems").map((line) => line.split(" ").at(-1));
    expect(values()).toEqual(["2", "2"]);
    metrics.metrics.recordProblems(new Map([["Ingress shop/web", []]]));
    expect(values()).toEqual(["1", "0"]);
  });

  test("count the proxy's own errors by code", () => {
    const metrics = openMetrics();
    metrics.onFinish(anExchange({ route: null, virtualHost: null, errorCode: "bad-chunk-size", status: 400 }));
    const [line] = linesOf(metrics, "headgate_proxy_errors_total");
    expect(line).toMatch(/code="bad-chunk-size".* 1$/);
  });

  test("read connections and dropped log lines at each scrape", () => {
    const metrics = openMetrics();
    const [connections] = linesOf(metrics, "nginx_ingress_controller_nginx_process_connections");
    expect(connections).toMatch(/state="active".* 7$/);
    const [dropped] = linesOf(metrics, "headgate_log_lines_dropped_total");
    expect(dropped).toMatch(/ 3$/);
  });

  test("are text format 0.0.4: every line is a comment or a sample, every metric is described once", () => {
    const metrics = openMetrics();
    metrics.recordApplied(hostDelta([aRoute()]));
    metrics.onFinish(anExchange({ route: aRoute() }) satisfies FinishedExchange);
    const lines = printed(metrics).filter((line) => line !== "");
    const sample = /^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? (\d[\d.e+-]*|\+Inf|NaN)$/;
    expect(lines.filter((line) => !line.startsWith("# ") && !sample.test(line))).toEqual([]);
    const types = lines.filter((line) => line.startsWith("# TYPE"));
    expect(new Set(types).size).toBe(types.length);
  });
});
