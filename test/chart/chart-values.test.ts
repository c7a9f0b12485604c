import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { chartFiles } from "../../charts/generate.ts";
import { deployManifests } from "../../charts/generate/deploy-manifests.ts";
import { readValueEntries } from "../../charts/generate/value-entries.ts";
import { CHART, controllerContainer, parseManifests, renderChart } from "../support/builders/chart.ts";
import { helm } from "../support/servers/helm.ts";

const ROOT = join(import.meta.dirname, "../..");
const DEFAULTS = "ci/default-values.yaml";

function committed(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

describe("generated files of the chart", () => {
  it.each([...chartFiles()])("%s is what `node charts/generate.ts` writes", (path, text) => {
    expect(committed(path)).toBe(text);
  });

  it("deploy/*/deploy.yaml are what `node charts/generate.ts` writes", async () => {
    const manifests = await deployManifests();
    expect(manifests.size).toBe(4);
    for (const [path, text] of manifests) expect(committed(path)).toBe(text);
  });

  it("have a version that is the program's", () => {
    const { version } = JSON.parse(committed("package.json")) as { version: string };
    expect(parse(committed("charts/headgate/Chart.yaml"))).toMatchObject({ version, appVersion: version });
  });
});

describe("values of the chart", () => {
  it("that nobody described cannot be added", () => {
    expect(() => readValueEntries("# -- Known.\na: 1\nb: 2\n")).toThrow("b has no description");
  });

  it.each([
    ["an unknown key", { controller: { replicas: 3 } }, "replicas"],
    ["a key in the wrong place", { service: { type: "NodePort" } }, "service"],
    ["a misspelt key deep inside", { controller: { service: { internal: { anotations: {} } } } }, "anotations"],
    ["text that templates would take for true", { controller: { hostNetwork: "false" } }, "hostNetwork"],
    ["a list where a map belongs", { controller: { config: [] } }, "config"],
  ])("are refused by name when there is %s", async (_what, values, name) => {
    const result = await renderWith(values);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain(name);
  });

  it("may hold what an umbrella chart hands down", async () => {
    const result = await renderWith({ enabled: true, global: { storageClass: "fast" }, "x-anchors": [1] });
    expect(result.stderr).toBe("");
  });

  it("may ask for both autoscalers, of which KEDA's is made", async () => {
    const { stdout } = await renderWith({ controller: { autoscaling: { enabled: true }, keda: { enabled: true } } });
    const kinds = parseManifests(stdout).map(({ kind }) => kind);
    expect(kinds).toContain("ScaledObject");
    expect(kinds).not.toContain("HorizontalPodAutoscaler");
  });

  it("refuse a kind of workload that is none, where nothing would run", async () => {
    const { stderr } = await renderWith({ controller: { kind: "Daemonset" } });
    expect(stderr).toContain('controller.kind is "Daemonset"; expected Deployment or DaemonSet');
  });

  it("refuse to do without ClusterRoles where more than one namespace is served", async () => {
    const roles = await renderWith({ rbac: { scope: true } });
    expect(roles.stderr).toContain("rbac.scope needs controller.scope.enabled");
  });
});

describe("values of ingress-nginx's charts", () => {
  const schema = JSON.parse(committed("charts/headgate/values.schema.json")) as Schema;
  const lines = committed("test/chart/ingress-nginx-values.txt").split("\n");
  const rows = lines.flatMap((line) => (line === "" || line.startsWith("#") ? [] : [line.split(" ")]));

  it("are all of 97 versions", () => {
    expect(rows.length).toBeGreaterThan(300);
  });

  it.each(rows)("%s are accepted (%s)", (path, ...types) => {
    const leaf = schemaAt(schema, (path ?? "").split("."));
    expect(leaf).not.toBeNull();
    const taken = leaf?.type ?? leaf?.enum?.map((value) => (value === null ? "null" : typeof value));
    if (leaf?.properties === undefined)
      expect(taken).toEqual(expect.arrayContaining(types.filter((type) => type !== "any")));
  });
});

interface Schema {
  readonly type?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
}

/** Null where the schema has no such key; what is open below an object may hold anything. */
function schemaAt(schema: Schema, [first, ...rest]: readonly string[]): Schema | null {
  if (first === undefined) return schema;
  if (schema.properties === undefined) return schema.type?.includes("object") === true ? {} : null;
  const inner = schema.properties[first];
  return inner === undefined ? null : schemaAt(inner, rest);
}

describe("what would be an outage", () => {
  const PROXY = ["--set-string", "controller.config.use-proxy-protocol=true"];

  it("fails to render, by name, with the way out", async () => {
    const { code, stderr } = await helm(["template", "r", CHART, ...PROXY]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('controller.config.use-proxy-protocol is "true", which this version does not support yet');
    expect(stderr).toContain('add "use-proxy-protocol" to controller.acceptUnsupported');
  });

  it("renders where it is accepted, or switched off", async () => {
    const accepted = await helm([
      "template",
      "r",
      CHART,
      ...PROXY,
      "--set",
      "controller.acceptUnsupported={use-proxy-protocol}",
    ]);
    const off = await helm(["template", "r", CHART, "--set-string", "controller.config.use-proxy-protocol=false"]);
    expect([accepted.code, off.code]).toEqual([0, 0]);
  });

  it("is not accepted under a name that is none of its", async () => {
    const { stderr } = await helm(["template", "r", CHART, "--set", "controller.acceptUnsupported={use-proxy}"]);
    expect(stderr).toContain('controller.acceptUnsupported has "use-proxy", which is none of: use-proxy-protocol');
  });
});

describe("the controller's arguments", () => {
  it("are by default those of ingress-nginx's chart, with its class", async () => {
    const { args, image } = controllerContainer(await renderChart(DEFAULTS));
    expect(args).toEqual([
      "controller",
      "--publish-service=$(POD_NAMESPACE)/r-headgate-controller",
      "--election-id=r-headgate-leader",
      "--controller-class=k8s.io/ingress-nginx",
      "--ingress-class=nginx",
      "--configmap=$(POD_NAMESPACE)/r-headgate-controller",
      "--validating-webhook=:8443",
      "--validating-webhook-certificate=/usr/local/certificates/cert",
      "--validating-webhook-key=/usr/local/certificates/key",
      "--enable-metrics=false",
      "--shutdown-grace-period=10",
    ]);
    expect(image).toBe("ghcr.io/headgate/headgate:0.1.0");
  });

  it("let extraArgs come before what other values say, and print numbers and booleans as they were written", async () => {
    const { args } = controllerContainer(await renderChart("ci/pod-values.yaml"));
    expect(args).toEqual(
      expect.arrayContaining(["--http-port=8080", "--https-port=8443", "--v=2", "--update-status=false"]),
    );
    expect(args.filter((arg) => arg.startsWith("--http-port"))).toHaveLength(1);
  });

  it("publish nodes on the host's network and drain for longer than the connections may take", async () => {
    const objects = await renderChart("values-hostnetwork.yaml");
    const daemonSet = objects.find(({ kind }) => kind === "DaemonSet");
    expect(daemonSet?.spec).toMatchObject({
      updateStrategy: { rollingUpdate: { maxSurge: 0 } },
      template: {
        spec: { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet", terminationGracePeriodSeconds: 300 },
      },
    });
    const { args } = controllerContainer(objects);
    expect(args).toContain("--report-node-internal-ip-address=true");
    expect(args.join(" ")).not.toContain("publish-service");
    const services = objects.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name);
    expect(services).toEqual(["r-headgate-controller-admission"]);
  });
});

describe("the network policy", () => {
  const policyOf = async (...sets: readonly string[]): Promise<unknown> => {
    const objects = await renderChart(DEFAULTS, "--set", "controller.networkPolicy.enabled=true", ...sets);
    return objects.find(({ kind }) => kind === "NetworkPolicy")?.spec?.["ingress"];
  };
  const ports = (...numbers: readonly number[]): object => ({
    ports: numbers.map((port) => ({ protocol: "TCP", port })),
  });

  it("opens the ports that are served to everybody", async () => {
    expect(await policyOf()).toEqual([ports(80, 443, 8443)]);
  });

  it("opens the webhook's port to the API server alone where its addresses are told", async () => {
    const from = [{ ipBlock: { cidr: "10.0.0.2/32" } }];
    const set = `controller.networkPolicy.webhookFrom=${JSON.stringify(from)}`;
    expect(await policyOf("--set-json", set)).toEqual([ports(80, 443), { ...ports(8443), from }]);
  });
});

describe("a values file written for ingress-nginx", () => {
  it("gets Headgate's image in place of the one it pins, also for the jobs", async () => {
    const text = stringify(await renderChart("ci/existing-cloud-values.yaml"));
    expect(text).toContain("image: ghcr.io/headgate/headgate:0.1.0");
    expect(text).not.toContain("ingress-nginx/controller");
    expect(text).not.toContain("kube-webhook-certgen");
  });

  it("keeps its image settings where they do not name ingress-nginx", async () => {
    const objects = await renderChart(
      DEFAULTS,
      "--set",
      "controller.image.repository=mirror.example/hg,controller.image.tag=2.0.0",
    );
    expect(controllerContainer(objects).image).toBe("mirror.example/hg:2.0.0");
  });

  it("keeps large numbers of its configuration as they were written", async () => {
    const objects = await renderChart("ci/existing-cloud-values.yaml");
    const config = objects.find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "r-headgate-controller",
    );
    expect(config?.data).toMatchObject({
      "proxy-max-temp-file-size": "104857600",
      "ssl-redirect": "false",
      "allow-snippet-annotations": "true",
    });
  });

  it("keeps templates in annotations of its Services, and braces in its containers", async () => {
    const { stdout } = await renderWith({
      controller: {
        service: { annotations: { "external-dns/hostname": "{{ .Release.Name }}.example." } },
        extraContainers: [{ name: "log", image: "log:1", args: ["--format={{.Time}}"] }],
      },
    });
    expect(stdout).toContain('"external-dns/hostname": "r.example."');
    expect(stdout).toContain("--format={{.Time}}");
  });

  it("runs in the shadow of ingress-nginx without writing a status, and shares no object with it", async () => {
    const shadow = "controller.ingressClassResource.enabled=false,controller.admissionWebhooks.enabled=false";
    const silent = ["--set-string", "controller.extraArgs.update-status=false"];
    const objects = await renderChart("ci/existing-cloud-values.yaml", "--set", shadow, ...silent);
    const { args } = controllerContainer(objects);
    expect(args).toEqual(
      expect.arrayContaining([
        "--update-status=false",
        "--controller-class=k8s.io/ingress-nginx",
        "--ingress-class=nginx",
      ]),
    );
    expect(objects.filter(({ metadata }) => !metadata.name.startsWith("r-headgate"))).toEqual([]);
  });

  it("keeps names and selectors of its release with nameOverride, so that helm upgrade takes it over", async () => {
    const result = await helm([
      "template",
      "ingress-nginx",
      CHART,
      "--namespace",
      "ingress-nginx",
      "--set",
      "nameOverride=ingress-nginx",
    ]);
    const objects = parseManifests(result.stdout);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
      "ClusterRole ingress-nginx",
      "ClusterRole ingress-nginx-admission",
      "ClusterRoleBinding ingress-nginx",
      "ClusterRoleBinding ingress-nginx-admission",
      "ConfigMap ingress-nginx-controller",
      "Deployment ingress-nginx-controller",
      "IngressClass nginx",
      "Job ingress-nginx-admission-create",
      "Job ingress-nginx-admission-patch",
      "Role ingress-nginx",
      "Role ingress-nginx-admission",
      "RoleBinding ingress-nginx",
      "RoleBinding ingress-nginx-admission",
      "Service ingress-nginx-controller",
      "Service ingress-nginx-controller-admission",
      "ServiceAccount ingress-nginx",
      "ServiceAccount ingress-nginx-admission",
      "ValidatingWebhookConfiguration ingress-nginx-admission",
    ]);
    expect(objects.find(({ kind }) => kind === "Deployment")?.spec?.["selector"]).toEqual({
      matchLabels: {
        "app.kubernetes.io/name": "ingress-nginx",
        "app.kubernetes.io/instance": "ingress-nginx",
        "app.kubernetes.io/component": "controller",
      },
    });
  });
});

async function renderWith(values: unknown): ReturnType<typeof helm> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-chart-"));
  try {
    const file = join(folder, "values.yaml");
    await writeFile(file, stringify(values));
    return await helm(["template", "r", CHART, "--values", file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
