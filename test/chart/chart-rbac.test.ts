import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { revealSecret } from "../../src/lib/secret.ts";
import {
  controllerContainer,
  type PodTemplate,
  podTemplates,
  type Rendered,
  renderChart,
} from "../support/builders/chart.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { EC_PAIR } from "../support/builders/test-certificates.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

const execFileAsync = promisify(execFile);
const MAIN = join(import.meta.dirname, "../../src/main.ts");
const LABELS = { "app.kubernetes.io/name": "headgate" };
/** Elections that a test can see, no wait for load balancers, and no webhook: it needs no rights. */
const QUICK = [
  "--set",
  "controller.electionTTL=3s,controller.shutdownGracePeriod=0,controller.admissionWebhooks.enabled=false",
];

/** The machine may be busy with other things. */
const PATIENCE_MS = 60_000;

interface Scope {
  readonly name: string;
  readonly values: string;
  /** Where the Ingresses are. */
  readonly namespace: string;
  /** What ends in the status. */
  readonly address: string;
  /** Rights that are asked for and knowingly not there. */
  readonly missing: readonly string[];
}

const SCOPES: readonly Scope[] = [
  { name: "cluster", values: "ci/default-values.yaml", namespace: "shop", address: "192.0.2.1", missing: [] },
  { name: "host network", values: "values-hostnetwork.yaml", namespace: "shop", address: "10.0.0.1", missing: [] },
  { name: "selector", values: "ci/scope-selector-values.yaml", namespace: "shop", address: "203.0.113.1", missing: [] },
  { name: "namespace", values: "ci/scope-namespace-values.yaml", namespace: "shop", address: "192.0.2.1", missing: [] },
  {
    name: "own namespace",
    values: "ci/scope-own-namespace-values.yaml",
    namespace: "edge",
    address: "192.0.2.1",
    missing: ["ingressclasses"],
  },
  {
    name: "namespace, Secrets by name",
    values: "ci/scope-secret-names-values.yaml",
    namespace: "shop",
    address: "192.0.2.1",
    missing: ["secrets"],
  },
];

describe("the chart's roles", { timeout: 180_000 }, () => {
  it.each(SCOPES)("are all that the controller needs, and not more: $name", async (scope) => {
    const objects = await renderChart(scope.values, ...QUICK);
    await using server = await FakeApiServer.open();
    fill(server, scope.namespace);
    const { policy, kubeconfig } = await server.enforceRoles(objects, "edge/r-headgate");
    await runThrough(server, scope, argsOf(objects, kubeconfig));
    const known = new RegExp(`^(?:${scope.missing.join("|")})[. ].*cannot (?:list|watch) `);
    expect(policy.refused.filter((message) => scope.missing.length === 0 || !known.test(message))).toEqual([]);
    expect(policy.unused()).toEqual([]);
  });

  it("let no scope read the Secrets of another namespace than it serves, except by name", async () => {
    for (const values of ["ci/scope-namespace-values.yaml", "ci/scope-own-namespace-values.yaml"]) {
      const objects = await renderChart(values, ...QUICK);
      const clusterRules = objects.filter(({ kind }) => kind === "ClusterRole").flatMap(rulesOf);
      expect(clusterRules.filter(({ resources }) => resources.includes("secrets"))).toEqual([]);
      const elsewhere = objects
        .filter(({ kind, metadata }) => kind === "Role" && metadata.namespace === "certificates")
        .flatMap(rulesOf);
      expect(elsewhere.every(({ resourceNames }) => resourceNames?.length === 1)).toBe(true);
    }
  });

  it("let nobody list Secrets where reading them by name is enough", async () => {
    for (const set of ["rbac.listSecrets=false", "rbac.secretNames={first}"]) {
      const objects = await renderChart("ci/scope-namespace-values.yaml", "--set", set);
      const rules = objects
        .filter(({ kind, metadata }) => kind.endsWith("Role") && metadata.namespace === "shop")
        .flatMap(rulesOf)
        .filter(({ resources }) => resources.includes("secrets"));
      expect(rules.map(({ verbs }) => verbs)).toEqual([["get"]]);
    }
  });

  it("let the certificate jobs touch one Secret and one webhook, which is all that they need", async () => {
    const objects = await renderChart("ci/default-values.yaml");
    await using server = await FakeApiServer.open();
    for (const object of objects.filter(({ kind }) => kind === "ValidatingWebhookConfiguration")) server.put(object);
    const { policy, kubeconfig } = await server.enforceRoles(objects, "edge/r-headgate-admission");
    for (const { spec } of ["Job r-headgate-admission-create", "Job r-headgate-admission-patch"].map(podOf(objects))) {
      const args = expand((spec.containers[0] as unknown as { args: readonly string[] }).args);
      await execFileAsync(process.execPath, [MAIN, ...args, "--kubeconfig", kubeconfig], { timeout: PATIENCE_MS });
    }
    expect([policy.refused, policy.unused()]).toEqual([[], []]);
    const secret = server.log.get(resourceOfKind("Secret"), "edge", "r-headgate-admission");
    expect(Object.keys(secret?.["data"] ?? {}).toSorted()).toEqual(["ca", "cert", "key"]);
    const webhook = server.log.get(resourceOfKind("ValidatingWebhookConfiguration"), "", "r-headgate-admission");
    expect(JSON.stringify(webhook)).toContain('"caBundle":"');
  });
});

function podOf(objects: readonly Rendered[]): (name: string) => PodTemplate {
  const pods = podTemplates(objects);
  return (name) => {
    const pod = pods.get(name);
    if (pod === undefined) throw new Error(`there is no ${name}`);
    return pod;
  };
}

/** As the kubelet does it. */
function expand(args: readonly string[]): readonly string[] {
  return args.map((arg) => arg.replace("$(POD_NAMESPACE)", "edge"));
}

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

function rulesOf(role: Rendered): readonly Rule[] {
  return role["rules"] as readonly Rule[];
}

/** As the kubelet starts it, except that the credentials come from a file. */
function argsOf(objects: readonly Rendered[], kubeconfig: string): readonly string[] {
  const { args } = controllerContainer(objects);
  return [
    ...args.slice(1).map((arg) => arg.replace("$(POD_NAMESPACE)", "edge")),
    "--worker-processes=1",
    "--kubeconfig",
    kubeconfig,
  ];
}

/** From the start over a first status, equal Events, a Secret that is named later and a renewed Lease to the last one out. */
async function runThrough(server: FakeApiServer, scope: Scope, args: readonly string[]): Promise<void> {
  await using controller = await HeadgateProcess.pod("edge/headgate-0", ...args);
  const { namespace, address } = scope;
  const until = (test: () => boolean): Promise<void> => untilTrue(test, PATIENCE_MS);
  await until(() => statusOf(server, namespace).includes(address));
  for (const [index, note] of ["one", "two"].entries()) {
    putIngress(server, namespace, { note, secret: "later" });
    putConfigMap(server, note);
    // The next one would otherwise be one change with this one.
    await until(() => configMapUpdates(server) > index);
  }
  await until(() => seen(server, "PATCH", new RegExp(`/${namespace}/events/`)));
  if (!args.includes("--disable-leader-election=true")) await until(() => seen(server, "PUT", /\/leases\//));
  controller.kill("SIGTERM");
  expect(await controller.exited).toBe(0);
  expect(statusOf(server, namespace)).not.toContain(address);
}

function seen(server: FakeApiServer, method: string, url: RegExp): boolean {
  return server.requests.some((request) => request.method === method && url.test(request.url));
}

/** How often an Event says that the ConfigMap changed. */
function configMapUpdates(server: FakeApiServer): number {
  const events = server.log.list(resourceOfKind("Event"), "edge");
  return Number(events.find(({ reason }) => reason === "UPDATE")?.["count"] ?? 0);
}

function statusOf(server: FakeApiServer, namespace: string): string {
  return JSON.stringify(server.log.get(resourceOfKind("Ingress"), namespace, "web")?.["status"] ?? null);
}

function putIngress(
  server: FakeApiServer,
  namespace: string,
  shape: { readonly note: string; readonly secret: string },
): void {
  const paths = [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }];
  const before = server.log.get(resourceOfKind("Ingress"), namespace, "web")?.["status"];
  server.put({
    kind: "Ingress",
    metadata: {
      name: "web",
      namespace,
      annotations: { "kubernetes.io/ingress.class": "nginx", "example.com/note": shape.note },
    },
    spec: {
      tls: [{ hosts: ["web.example"], secretName: shape.secret }],
      rules: [{ host: "web.example", http: { paths } }],
    },
    ...(before === undefined ? {} : { status: before }),
  });
}

function putConfigMap(server: FakeApiServer, note: string): void {
  const metadata = { name: "r-headgate-controller", namespace: "edge", annotations: { "example.com/note": note } };
  server.put({ kind: "ConfigMap", metadata, data: {} });
}

/** A small cluster: the controller's own namespace, the served one, and one with a certificate for everybody. */
function fill(server: FakeApiServer, namespace: string): void {
  for (const name of ["edge", "shop", "certificates"]) {
    server.put({ kind: "Namespace", metadata: { name, labels: { team: name } } });
  }
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  for (const [space, name] of [
    [namespace, "web"],
    ["edge", "r-headgate-defaultbackend"],
  ] as const) {
    server.put({ kind: "Service", metadata: { name, namespace: space }, spec: { ports: [{ port: 80 }] } });
    server.put({
      kind: "EndpointSlice",
      metadata: { name: `${name}-1`, namespace: space, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ port: 80 }],
      endpoints: [{ addresses: ["10.1.0.1"], conditions: { ready: true } }],
    });
  }
  server.put({
    kind: "Service",
    metadata: { name: "r-headgate-controller", namespace: "edge" },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } },
  });
  putConfigMap(server, "zero");
  const data = { "tls.crt": base64(EC_PAIR.certPem), "tls.key": base64(revealSecret(EC_PAIR.keyPem)) };
  server.put({
    kind: "Secret",
    metadata: { name: "wildcard", namespace: "certificates" },
    type: "kubernetes.io/tls",
    data,
  });
  // Nobody names the second one yet: it is read when somebody does.
  for (const name of ["first", "later"]) server.put({ kind: "Secret", metadata: { name, namespace }, data: {} });
  putIngress(server, namespace, { note: "zero", secret: "first" });
  server.put({
    kind: "Node",
    metadata: { name: "node-1" },
    status: {
      addresses: [
        { type: "InternalIP", address: "10.0.0.1" },
        { type: "ExternalIP", address: "203.0.113.1" },
      ],
    },
  });
  server.put({
    kind: "Pod",
    metadata: { name: "headgate-0", namespace: "edge", labels: LABELS },
    spec: { nodeName: "node-1" },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
