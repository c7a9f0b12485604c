import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readValueEntries, type ValueEntry } from "../../charts/generate/value-entries.ts";
import { MEMORY_NEEDS_MB } from "../../src/cli/memory-needs.ts";
import { CHART } from "../support/builders/chart.ts";
import { helm } from "../support/servers/helm.ts";

const ACCEPTED = readValueEntries(readFileSync(join(CHART, "values.yaml"), "utf8")).filter(
  ({ accepted }) => accepted !== null,
);

/** What helm prints after an installation. */
async function notes(...args: readonly string[]): Promise<string> {
  const result = await helm([
    "install",
    "r",
    CHART,
    "--namespace",
    "edge",
    "--dry-run=client",
    "--output",
    "json",
    ...args,
  ]);
  expect([result.code, result.stderr]).toEqual([0, ""]);
  return (JSON.parse(result.stdout) as { info: { notes: string } }).info.notes;
}

/** Another value than the default, of the same type. */
function otherValue({ fallback }: ValueEntry): unknown {
  if (fallback === null) return 7;
  if (typeof fallback === "boolean") return !fallback;
  if (typeof fallback === "string") return "set";
  return Array.isArray(fallback) ? [{ name: "set" }] : { enabled: true };
}

describe("the notes after an installation", () => {
  it("name no warning where everything is honoured", async () => {
    const text = await notes();
    expect(text).toContain("rollout status deployment/r-headgate-controller");
    expect(text).not.toContain("WARNING");
  });

  it("name every value that is accepted without effect, with the reason", async () => {
    expect(ACCEPTED.length).toBeGreaterThan(10);
    const sets = ACCEPTED.map((entry) => `${entry.path}=${JSON.stringify(otherValue(entry))}`);
    const text = await notes(...sets.flatMap((set) => ["--set-json", set]));
    for (const { path, accepted } of ACCEPTED) expect(text).toContain(`  ${path}: ${accepted}\n`);
  });

  it("name flags and keys of the ConfigMap that have no effect, and images of ingress-nginx", async () => {
    const text = await notes("--values", join(CHART, "ci/existing-cloud-values.yaml"));
    expect(text).toContain("  controller.allowSnippetAnnotations: nothing in an object is ever executed\n");
    expect(text).toContain("  controller.config.http-snippet: ");
    expect(text).toContain("  controller.image: it names an image of ingress-nginx; Headgate's own is used\n");
    expect(text).toContain("  controller.admissionWebhooks.patch.image: it names an image of ingress-nginx");
    expect(text).not.toContain("proxy-body-size");
  });

  it("name misspelt keys of the ConfigMap and flags, with the nearest name", async () => {
    const text = await notes(
      "--set-string",
      "controller.config.proxy-body-sise=8m,controller.config.hsts-maxage=1,controller.config.zzz=1",
      "--set-string",
      "controller.extraArgs.enable-ssl-passtrough=true,controller.extraArgs.v=2",
    );
    expect(text).toContain("  controller.config.proxy-body-sise: unknown, no effect; did you mean proxy-body-size?\n");
    expect(text).toContain("  controller.config.hsts-maxage: unknown, no effect; did you mean hsts-max-age?\n");
    expect(text).toContain("  controller.config.zzz: unknown, no effect; correct or remove it\n");
    expect(text).toContain(
      "  controller.extraArgs.enable-ssl-passtrough: unknown, no effect; did you mean enable-ssl-passthrough?\n",
    );
    expect(text).not.toContain("controller.extraArgs.v:");
  });

  it("say which of two autoscalers is not made", async () => {
    const both = ["--set", "controller.autoscaling.enabled=true,controller.keda.enabled=true"];
    expect(await notes(...both)).toContain("  controller.autoscaling: controller.keda scales the same Deployment");
  });

  it("warn of scaling by memory, which more replicas do not lower", async () => {
    const enabled = "controller.autoscaling.enabled=true";
    expect(await notes("--set", enabled)).not.toContain("It scales by memory");
    const byMemory = `${enabled},controller.autoscaling.targetMemoryUtilizationPercentage=50`;
    expect(await notes("--set", byMemory)).toContain("It scales by memory");
  });

  it("say so when the status is not written", async () => {
    expect(await notes("--set", "controller.extraArgs.update-status=false")).toContain("nothing sends clients here");
  });

  it.each([
    ["96Mi", "auto", "1 worker (worker-processes: auto) need 128Mi"],
    ["256Mi", "8", "8 workers (worker-processes: 8) need 352Mi"],
    ["0.25Gi", "8", "8 workers"],
    ["256M", "5", "5 workers"],
    ["1000k", "auto", "1 worker"],
  ])("warn where a limit of %s is short for %s workers", async (limit, workers, said) => {
    const set = ["--set-string", `controller.resources.limits.memory=${limit}`];
    const text = await notes(...set, "--set-string", `controller.config.worker-processes=${workers}`);
    expect(text).toContain(`WARNING: memory is short. controller.resources.limits.memory is ${limit}: `);
    expect(text).toContain(said);
  });

  it.each([
    ["256Mi", "auto"],
    ["256Mi", "5"],
    ["268435456", "5"],
    ["1Gi", "8"],
  ])("do not warn where a limit of %s is enough for %s workers", async (limit, workers) => {
    const set = ["--set-string", `controller.resources.limits.memory=${limit}`];
    const text = await notes(...set, "--set-string", `controller.extraArgs.worker-processes=${workers}`);
    expect(text).not.toContain("memory is short");
  });

  it("count with what the program counts with", () => {
    const template = readFileSync(join(CHART, "templates/_memory.tpl"), "utf8");
    const [json = "{}"] = /\{"process".*\}/.exec(template) ?? [];
    expect(JSON.parse(json)).toEqual(MEMORY_NEEDS_MB);
  });
});
