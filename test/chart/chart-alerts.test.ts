import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { HISTOGRAMS, REQUESTS, STATE_METRICS } from "../../src/observability/observability.ts";
import { renderChart } from "../support/builders/chart.ts";
import { hasPrometheus } from "../support/servers/prometheus-process.ts";

const RUNBOOKS = join(import.meta.dirname, "../../docs/runbooks");
const PREFIX = "nginx_ingress_controller_";
const run = promisify(execFile);

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

interface Group {
  readonly name: string;
  readonly rules: readonly Alert[];
}

async function rendered(...sets: readonly string[]): Promise<readonly Group[]> {
  const args = ["controller.metrics.enabled=true", "controller.metrics.prometheusRule.enabled=true", ...sets];
  const objects = await renderChart("ci/default-values.yaml", ...args.flatMap((set) => ["--set", set]));
  const rule = objects.find(({ kind }) => kind === "PrometheusRule");
  return (rule?.spec?.["groups"] ?? []) as readonly Group[];
}

const groups = await rendered();
const alerts = groups.flatMap(({ rules }) => rules);

describe("default alerts", () => {
  test("have a page each, and each page an alert", () => {
    const pages = readdirSync(RUNBOOKS).filter((name) => name !== "README.md");
    expect(alerts.map(({ alert }) => `${alert}.md`).toSorted()).toEqual(pages.toSorted());
  });

  test.each(alerts)(
    "$alert says what it means, how bad it is and where its page is",
    ({ alert, labels, annotations }) => {
      expect(["critical", "warning", "info"]).toContain(labels.severity);
      expect(annotations["summary"]).toMatch(/^Headgate: /);
      expect(annotations["description"]).not.toBe("");
      expect(annotations["runbook_url"]).toMatch(new RegExp(`^https://.*/docs/runbooks/${alert}\\.md$`));
    },
  );

  test.each(alerts)("$alert asks only for metrics that there are, of this release's namespace", ({ expr }) => {
    const known = new Set([
      PREFIX + REQUESTS.name,
      ...Object.keys(HISTOGRAMS).map((name) => PREFIX + name),
      ...STATE_METRICS.map(({ name }) => name),
    ]);
    const asked = expr.match(/\b(?:nginx_ingress_controller|headgate|process|nodejs)_\w+/g) ?? [];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    expect(expr.match(/controller_namespace="edge"/g)).toHaveLength(asked.length);
  });

  test("stand before the user's own rules, and can be left out", async () => {
    const own = "controller.metrics.prometheusRule.rules[0].alert=Own";
    const both = await rendered(own);
    expect(both[0]?.rules.map(({ alert }) => alert)).toEqual([...alerts.map(({ alert }) => alert), "Own"]);
    const without = await rendered(own, "controller.metrics.prometheusRule.defaults=false");
    expect(without[0]?.rules.map(({ alert }) => alert)).toEqual(["Own"]);
  });

  test.skipIf(!hasPrometheus())("fire in Prometheus for what they are meant for, and for nothing else", async () => {
    const folder = await mkdtemp(join(tmpdir(), "headgate-alerts-"));
    try {
      await writeFile(join(folder, "rules.yaml"), stringify({ groups }));
      await writeFile(join(folder, "tests.yaml"), stringify(RULE_TESTS));
      const { stdout } = await run("promtool", ["test", "rules", join(folder, "tests.yaml")], { timeout: 15_000 });
      expect(stdout).toContain("SUCCESS");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

const POD = 'controller_namespace="edge",controller_pod="p"';
const OTHER = 'controller_namespace="other",controller_pod="q"';

/** One series a minute, an hour long, for each alert; `a+bxN` and `_` are promtool's own words. */
const CASES: readonly (readonly [alert: string, series: readonly (readonly [series: string, values: string])[]])[] = [
  ["HeadgateAbsent", [[`${PREFIX}build_info{${OTHER}}`, "1x80"]]],
  ["HeadgateConfigurationRejected", [[`${PREFIX}config_last_reload_successful{${POD}}`, "1x10 0x70"]]],
  ["HeadgateApiServerSilent", [[`headgate_api_server_silence_seconds{${POD},kind="Ingress"}`, "0+60x80"]]],
  ["HeadgateNoLeader", [[`${PREFIX}leader_election_status{${POD},name="lease"}`, "0x80"]]],
  ["HeadgateCertificateExpires", [[`${PREFIX}ssl_expire_time_seconds{${POD},host="h",secret_name="s"}`, "86400x80"]]],
  [
    "HeadgateErrorsHigh",
    [
      [`${PREFIX}requests{${POD},namespace="n",ingress="i",status="200"}`, "0+900x80"],
      [`${PREFIX}requests{${POD},namespace="n",ingress="i",status="502"}`, "0+100x80"],
    ],
  ],
  ["HeadgateProblems", [[`headgate_problems{${POD},severity="error"}`, "2x80"]]],
  ["HeadgateWorkerDies", [[`headgate_worker_restarts_total{${POD}}`, "0+1x80"]]],
  ["HeadgateLoopBusy", [[`headgate_event_loop_delay_seconds{${POD},worker="2"}`, "0.9x80"]]],
  [
    "HeadgateFilesRunOut",
    [
      [`process_open_fds{${POD}}`, "90x80"],
      [`process_max_fds{${POD}}`, "100x80"],
    ],
  ],
  ["HeadgateLogLinesLost", [[`headgate_log_lines_dropped_total{${POD}}`, "0+9x80"]]],
];

const RULE_TESTS = {
  rule_files: ["rules.yaml"],
  evaluation_interval: "1m",
  tests: CASES.map(([alert, series]) => ({
    interval: "1m",
    // What makes the others quiet: a replica that is there.
    input_series: [
      ...(alert === "HeadgateAbsent" ? [] : [{ series: `${PREFIX}build_info{${POD}}`, values: "1x80" }]),
      ...series.map(([name, values]) => ({ series: name, values })),
    ],
    promql_expr_test: CASES.map(([other]) => ({
      expr: `count(ALERTS{alertname="${other}",alertstate="firing"}) or vector(0)`,
      eval_time: "75m",
      exp_samples: [{ value: other === alert ? 1 : 0 }],
    })),
  })),
};
