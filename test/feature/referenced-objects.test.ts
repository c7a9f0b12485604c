import { describe, expect, onTestFinished, test } from "vitest";
import { openApiSource } from "../../src/controller/controller.ts";
import { Translator } from "../../src/translate/translate.ts";
import { apiSourceOptions } from "../support/api-source-harness.ts";
import { readCertificateFixture } from "../support/certificate-fixture.ts";
import { type ControllerHarness, startController } from "../support/controller-harness.ts";
import { type EnforcedRoles, FakeApiServer } from "../support/fake-api-server/fake-api-server.ts";
import { DEFAULT_OPTIONS } from "../support/translate-options.ts";
import { untilTrue } from "../support/waiting.ts";

const HOST = "shop.example.com";

interface Cluster {
  readonly server: FakeApiServer;
  readonly harness: ControllerHarness;
  readonly roles: EnforcedRoles;
}

/** A controller that may do with Secrets what the verbs say, on a server with one TLS Ingress and two Secrets. */
async function aCluster(...secretVerbs: readonly string[]): Promise<Cluster> {
  const server = await FakeApiServer.open();
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  putSecret(server, "tls", "shop");
  putSecret(server, "other", "wild");
  const rules = [{ host: HOST, http: { paths: [] } }];
  const spec = { ingressClassName: "nginx", tls: [{ hosts: [HOST], secretName: "tls" }], rules };
  server.put({ kind: "Ingress", metadata: { name: "web", namespace: "shop" }, spec });
  const roles = await server.enforceRoles(rolesWith(secretVerbs), "ingress/headgate");
  const source = openApiSource(apiSourceOptions(server, { kubeconfig: roles.kubeconfig }));
  const harness = startController([source], new Translator(DEFAULT_OPTIONS));
  onTestFinished(async () => {
    await harness.controller.stop();
    await server[Symbol.asyncDispose]();
  });
  await harness.controller.whenSynced(AbortSignal.timeout(10_000));
  return { server, harness, roles };
}

function rolesWith(secretVerbs: readonly string[]): readonly unknown[] {
  const rule = (group: string, resources: readonly string[], verbs: readonly string[]): unknown => ({
    apiGroups: [group],
    resources,
    verbs,
  });
  const read = ["list", "watch"];
  const metadata = { name: "headgate" };
  return [
    {
      kind: "ClusterRole",
      metadata,
      rules: [
        rule("", ["services", "configmaps"], read),
        rule("networking.k8s.io", ["ingresses", "ingressclasses"], read),
        rule("discovery.k8s.io", ["endpointslices"], read),
        rule("", ["secrets"], secretVerbs),
      ],
    },
    {
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { kind: "ClusterRole", name: "headgate" },
      subjects: [{ kind: "ServiceAccount", name: "headgate", namespace: "ingress" }],
    },
  ];
}

function putSecret(server: FakeApiServer, name: string, fixture: "shop" | "wild"): void {
  const stringData = readCertificateFixture(fixture);
  server.put({ kind: "Secret", metadata: { name, namespace: "shop" }, type: "kubernetes.io/tls", stringData });
}

/** The names of Secrets whose content was asked for. */
function readSecrets({ server }: Cluster): readonly string[] {
  const whole = server.requests.filter(({ url, accept }) => url.includes("/secrets") && !accept.includes("as=Partial"));
  return [
    ...new Set(
      whole.map(({ url }) => /secrets\/([a-z-]+)|metadata\.name%3D([a-z-]+)/.exec(url)?.slice(1).join("") ?? url),
    ),
  ];
}

describe.each([
  ["list and read all Secrets", ["get", "list", "watch"]],
  ["list Secrets but not get single ones, as ingress-nginx's role has it", ["list", "watch"]],
  ["get single Secrets but not list them", ["get"]],
])("a controller that may %s", (_what, verbs) => {
  test("serves the first configuration with its certificate", async () => {
    const { harness } = await aCluster(...verbs);
    expect(harness.sink.certificates.has("shop/tls")).toBe(true);
    expect(harness.sink.deltas).toHaveLength(1);
    expect(harness.problems.get("Ingress shop/web") ?? []).toEqual([]);
  });

  test("never reads the content of a Secret that nobody refers to", async () => {
    const cluster = await aCluster(...verbs);
    expect(readSecrets(cluster)).toEqual(["tls"]);
    expect(cluster.harness.controller.objectCount("Secret")).toBe(1);
  });

  test("serves a renewed certificate", async () => {
    const { server, harness } = await aCluster(...verbs);
    const before = harness.sink.certificates.get("shop/tls");
    putSecret(server, "tls", "wild");
    await untilTrue(() => harness.sink.certificates.get("shop/tls") !== before);
  });
});

test("a controller that may not read Secrets serves all the same, and says what is missing", async () => {
  const { harness } = await aCluster("watch");
  expect(harness.sink.virtualHosts.has(HOST)).toBe(true);
  await untilTrue(() => [...harness.problems.values()].flat().some(({ reason }) => reason === "AccessRefused"));
});
