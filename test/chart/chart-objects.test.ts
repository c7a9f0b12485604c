import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { FLAGS } from "../../src/config/config.ts";
import {
  CHART,
  controllerContainer,
  type PodTemplate,
  podTemplates,
  type Rendered,
  renderChart,
  VALUES_FILES,
} from "../support/builders/chart.ts";
import { helm } from "../support/servers/helm.ts";
import { schemaProblems } from "../support/oracles/kubernetes-schema.ts";
import { restrictedProblems } from "../support/oracles/pod-security.ts";

const CLUSTER_WIDE = new Set(["ClusterRole", "ClusterRoleBinding", "IngressClass", "ValidatingWebhookConfiguration"]);

/** Values that ask for ports of the node, which `restricted` rules out. */
const ON_THE_NODE = new Set([
  "ci/daemonset-hostport-values.yaml",
  "ci/existing-baremetal-values.yaml",
  "values-hostnetwork.yaml",
]);

interface ServiceSpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly targetPort: string | number }[];
}

describe.each(VALUES_FILES)("the chart with %s", (values) => {
  let objects: readonly Rendered[] = [];

  beforeAll(async () => {
    objects = await renderChart(values);
  });

  it("passes helm lint --strict", async () => {
    const result = await helm(["lint", "--strict", CHART, "--values", join(CHART, values)]);
    expect(result.stdout + result.stderr).toContain("0 chart(s) failed");
    expect(result.code).toBe(0);
  });

  it("renders objects that the Kubernetes API knows field by field", () => {
    expect(objects.flatMap(schemaProblems)).toEqual([]);
  });

  it("names every object once, in a namespace exactly when its kind has one", () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
    const astray = objects.filter(
      ({ kind, metadata }) => (metadata.namespace === undefined) !== CLUSTER_WIDE.has(kind),
    );
    expect(astray).toEqual([]);
  });

  it("gives the controller only flags that it has", () => {
    const { args } = controllerContainer(objects);
    const known = new Set(FLAGS.filter(({ commands }) => commands.includes("controller")).map(({ name }) => name));
    const unknown = args.slice(1).filter((arg) => !known.has(arg.replace(/^--/, "").split("=")[0] ?? ""));
    expect([args[0], unknown]).toEqual(["controller", []]);
  });

  it("passes the Pod Security Standard restricted wherever no port of the node is asked for", () => {
    const problems = [...podTemplates(objects)].flatMap(([name, { spec }]) =>
      restrictedProblems(spec).map((problem) => `${name}: ${problem}`),
    );
    const allowed = ON_THE_NODE.has(values) ? /hostNetwork$|has host ports$/ : /^$/;
    expect(problems.filter((problem) => !allowed.test(problem))).toEqual([]);
  });

  it("leaves the capability of its image's Node in reach, without which Linux does not start it", () => {
    const containers = [...podTemplates(objects).values()].flatMap(({ spec }) => spec.containers);
    const own = containers.filter(({ image }) => image?.includes("headgate/headgate"));
    expect(own.length).toBeGreaterThan(0);
    const out = own.filter(({ securityContext }) => !securityContext?.capabilities?.add?.includes("NET_BIND_SERVICE"));
    expect(out).toEqual([]);
  });

  it("leads every Service to pods that have its ports", () => {
    const pods = [...podTemplates(objects).values()];
    const lost = objects
      .filter(({ kind }) => kind === "Service")
      .filter(({ spec }) => !pods.some((pod) => serves(pod, spec as unknown as ServiceSpec)));
    expect(lost).toEqual([]);
  });

  it("creates every service account that it runs pods with", () => {
    const accounts = new Set(objects.filter(({ kind }) => kind === "ServiceAccount").map(nameOf));
    const used = [...podTemplates(objects).values()].map(({ spec }) => spec.serviceAccountName);
    expect(used.filter((name) => !accounts.has(name))).toEqual([]);
  });

  it("creates every ConfigMap that the controller is told to read", () => {
    const { args } = controllerContainer(objects);
    const maps = new Set(
      objects
        .filter(({ kind }) => kind === "ConfigMap")
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    );
    const named = args.flatMap((arg) => /configmap=(.+)$/.exec(arg)?.[1]?.replace("$(POD_NAMESPACE)", "edge") ?? []);
    expect(named.filter((name) => !maps.has(name))).toEqual([]);
  });
});

function serves({ metadata, spec }: PodTemplate, service: ServiceSpec): boolean {
  const selected = Object.entries(service.selector).every(([name, value]) => metadata.labels[name] === value);
  const ports = spec.containers.flatMap(
    (container) => (container.ports ?? []) as readonly { readonly name: string; readonly containerPort: number }[],
  );
  const has = (target: string | number): boolean =>
    ports.some(({ name, containerPort }) => name === target || containerPort === target);
  return selected && service.ports.every(({ targetPort }) => has(targetPort));
}

function nameOf({ metadata }: Rendered): string {
  return metadata.name;
}
