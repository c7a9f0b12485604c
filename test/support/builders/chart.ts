import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { helm } from "../servers/helm.ts";
import type { PodSpec } from "../oracles/pod-security.ts";

export const CHART = join(import.meta.dirname, "../../../charts/headgate");

/** A rendered object, as loosely typed as the tests need it. */
export interface Rendered extends Readonly<Record<string, unknown>> {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>> | null;
}

/** Every values file that comes with the chart. */
export const VALUES_FILES: readonly string[] = [
  ...readdirSync(join(CHART, "ci")).map((name) => `ci/${name}`),
  "values-hostnetwork.yaml",
];

/** The chart as release `r` in the namespace `edge`, with a values file of its own and `--set` and the like. */
export async function renderChart(values: string, ...more: readonly string[]): Promise<readonly Rendered[]> {
  const result = await helm(["template", "r", CHART, "--namespace", "edge", "--values", join(CHART, values), ...more]);
  if (result.code !== 0) throw new Error(result.stderr);
  return parseManifests(result.stdout);
}

/** The objects of a stream of YAML documents; empty ones are left out. */
export function parseManifests(text: string): readonly Rendered[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    const object = document.toJSON() as Rendered | null;
    return object === null ? [] : [object];
  });
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: PodSpec & { readonly serviceAccountName: string };
}

/** Pod templates of workloads and jobs, by `Kind name`. */
export function podTemplates(objects: readonly Rendered[]): ReadonlyMap<string, PodTemplate> {
  const workloads = objects.filter(({ kind }) => ["Deployment", "DaemonSet", "Job"].includes(kind));
  return new Map(workloads.map(({ kind, metadata, spec }) => [`${kind} ${metadata.name}`, podTemplateOf(spec)]));
}

function podTemplateOf(spec: Rendered["spec"]): PodTemplate {
  return spec?.["template"] as PodTemplate;
}

export interface ControllerContainer {
  readonly image: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly readinessProbe: { readonly httpGet: { readonly path: string } };
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
}

/** The controller's own container. */
export function controllerContainer(objects: readonly Rendered[]): ControllerContainer {
  const workload = objects.find(
    ({ kind, metadata }) =>
      (kind === "Deployment" || kind === "DaemonSet") &&
      metadata.labels?.["app.kubernetes.io/component"] === "controller",
  );
  if (workload === undefined) throw new Error("there is no controller");
  return podTemplateOf(workload.spec).spec.containers[0] as unknown as ControllerContainer;
}
