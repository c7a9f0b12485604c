import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { revealSecret } from "../../src/lib/secret.ts";
import { OVERVIEW_EXPRESSIONS, PERFORMANCE_EXPRESSIONS } from "../support/oracles/dashboard-expressions.ts";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { ask } from "../support/builders/http-request.ts";
import { hasPrometheus, PrometheusProcess } from "../support/servers/prometheus-process.ts";
import { EC_PAIR } from "../support/builders/test-certificates.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const DEADLINE_MS = 90_000;
/** Only a cluster has a leader, and nothing restarts or fails here. */
const NOT_HERE = /leader_election_status|headgate_propagation/;

const installed = hasPrometheus();
if (!installed) console.warn("skipped: Prometheus is not installed (apt-get install prometheus)");

/** A host with a certificate, and one path whose Service has no endpoints, so that there are errors to count. */
function manifests(): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const path = (at: string, name: string): object => ({
    path: at,
    pathType: "Prefix",
    backend: { service: { name, port: { number: 80 } } },
  });
  const objects = [
    {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name: "cert", namespace: "shop" },
      data: { "tls.crt": base64(EC_PAIR.certPem), "tls.key": base64(revealSecret(EC_PAIR.keyPem)) },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "web", namespace: "shop" },
      spec: {
        tls: [{ hosts: ["ec.test"], secretName: "cert" }],
        rules: [{ host: "ec.test", http: { paths: [path("/", "web"), path("/gone", "missing")] } }],
      },
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}

function ownExpressions(): readonly string[] {
  const file = resolve(import.meta.dirname, "../../dashboards/headgate.json");
  const { panels } = JSON.parse(readFileSync(file, "utf8")) as {
    panels: readonly { targets: readonly { expr: string }[] }[];
  };
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  return expressions
    .filter((expression) => !NOT_HERE.test(expression))
    .map((expression) => expression.replaceAll("$__rate_interval", "1m").replaceAll("$pod", ".*"));
}

describe.skipIf(!installed)("a Prometheus that scrapes Headgate under load", () => {
  const parts = { folder: "", headgate: null as HeadgateProcess | null, prometheus: null as PrometheusProcess | null };

  beforeAll(async () => {
    parts.folder = await mkdtemp(join(tmpdir(), "headgate-scraped-"));
    await writeFile(join(parts.folder, "shop.yaml"), manifests());
    parts.headgate = await HeadgateProcess.dev(parts.folder, "--demo");
    parts.prometheus = await PrometheusProcess.scraping(parts.headgate.ports.admin);
  });

  afterAll(async () => {
    await parts.prometheus?.[Symbol.asyncDispose]();
    await parts.headgate?.[Symbol.asyncDispose]();
    if (parts.folder !== "") await rm(parts.folder, { recursive: true, force: true });
  });

  /** Requests of all kinds, until the expression has data. */
  async function seriesUnderLoad(expression: string): Promise<number> {
    const { headgate, prometheus } = parts;
    if (headgate === null || prometheus === null) throw new Error("not started");
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    for (;;) {
      await load(headgate.ports.https);
      const found = await prometheus.seriesCount(expression, deadline);
      if (found > 0 || deadline.aborted) return found;
    }
  }

  async function load(port: number): Promise<void> {
    for (const path of ["/", "/gone"]) await ask({ port, host: "ec.test", path, tls: true });
  }

  test.each([
    ["NGINX Ingress controller", OVERVIEW_EXPRESSIONS],
    ["Request Handling Performance", PERFORMANCE_EXPRESSIONS],
    ["Headgate", ownExpressions()],
  ])("finds data for every expression of the dashboard %s", async (_name, expressions) => {
    const empty: string[] = [];
    for (const expression of expressions) if ((await seriesUnderLoad(expression)) === 0) empty.push(expression);
    expect(empty).toEqual([]);
  });
});
