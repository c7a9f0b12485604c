import { describe, expect, onTestFinished, test } from "vitest";
import { onlyShard } from "../../src/model/delta.ts";
import { openApiSource } from "../../src/controller/controller.ts";
import { Translator } from "../../src/translate/translate.ts";
import { apiSourceOptions } from "../support/servers/api-source-harness.ts";
import { readCertificateFixture } from "../support/builders/certificate-fixture.ts";
import { type ControllerHarness, startController } from "../support/servers/controller-harness.ts";
import { type EnforcedRoles, FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { DEFAULT_OPTIONS } from "../support/builders/translate-options.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

const HOST = "shop.example.com";

interface Cluster {
  readonly server: FakeApiServer;
  readonly harness: ControllerHarness;
  readonly roles: EnforcedRoles;
}

/** A controller that may do with Secrets what the verbs say, on a server with one TLS Ingress and two Secrets. */
async function aCluster(...secretVerbs: readonly string[]): Promise<Cluster> {
  return await openCluster(secretVerbs, "");
}

async function openCluster(secretVerbs: readonly string[], watchNamespace: string): Promise<Cluster> {
  const server = await FakeApiServer.open();
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  putSecret(server, "tls", "shop");
  putSecret(server, "other", "wild");
  const rules = [{ host: HOST, http: { paths: [] } }];
  const spec = { ingressClassName: "nginx", tls: [{ hosts: [HOST], secretName: "tls" }], rules };
  server.put({ kind: "Ingress", metadata: { name: "web", namespace: "shop" }, spec });
  const roles = await server.enforceRoles(rolesWith(secretVerbs), "ingress/headgate");
  const source = openApiSource(apiSourceOptions(server, { kubeconfig: roles.kubeconfig, watchNamespace }));
  const harness = startController([source], new Translator({ ...DEFAULT_OPTIONS, configMap: "shop/settings" }));
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
        rule("", ["services"], read),
        rule("networking.k8s.io", ["ingresses", "ingressclasses"], read),
        rule("discovery.k8s.io", ["endpointslices"], read),
        rule("", ["secrets", "configmaps"], secretVerbs),
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

function putIngress(server: FakeApiServer, secretName: string, name = "web"): void {
  const host = name === "web" ? HOST : `${name}.example.com`;
  const spec = {
    ingressClassName: "nginx",
    tls: [{ hosts: [host], secretName }],
    rules: [{ host, http: { paths: [] } }],
  };
  server.put({ kind: "Ingress", metadata: { name, namespace: "shop" }, spec });
}

function keepAliveSeconds({ sink }: ControllerHarness): number | undefined {
  return onlyShard(sink.copy.model.settings)?.dataPlane.keepAliveSeconds;
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

describe.each([
  ["of all namespaces, listing Secrets", ["get", "list", "watch"], ""],
  ["of all namespaces, with ingress-nginx's role", ["list", "watch"], ""],
  ["of all namespaces, getting Secrets only", ["get"], ""],
  ["of one namespace, listing Secrets", ["get", "list", "watch"], "shop"],
  ["of one namespace, getting Secrets only", ["get"], "shop"],
])("a controller %s", (_what, verbs, watchNamespace) => {
  test("serves a certificate that comes after the Ingress that refers to it", async () => {
    const { server, harness } = await openCluster(verbs, watchNamespace);
    putIngress(server, "late");
    await untilTrue(() => harness.problems.get("Ingress shop/web")?.[0]?.reason === "SecretNotFound");
    putSecret(server, "late", "shop");
    await untilTrue(() => harness.sink.certificates.has("shop/late"));
    await untilTrue(() => (harness.problems.get("Ingress shop/web") ?? []).length === 0);
  });

  test("lets go of a certificate that is deleted, and serves the one that is made again", async () => {
    const { server, harness } = await openCluster(verbs, watchNamespace);
    for (const fixture of ["wild", "shop"] as const) {
      server.delete("Secret", "shop", "tls");
      await untilTrue(() => !harness.sink.certificates.has("shop/tls"));
      putSecret(server, "tls", fixture);
      await untilTrue(() => harness.sink.certificates.has("shop/tls"));
    }
  });

  test("serves what is made again in the same moment", async () => {
    const { server, harness } = await openCluster(verbs, watchNamespace);
    const before = harness.sink.certificates.get("shop/tls");
    server.delete("Secret", "shop", "tls");
    putSecret(server, "tls", "wild");
    await untilTrue(() => ![undefined, before].includes(harness.sink.certificates.get("shop/tls")));
  });

  test("takes over settings that come late, are deleted and come again", async () => {
    const { server, harness } = await openCluster(verbs, watchNamespace);
    for (const value of ["7", "9"]) {
      const data = { "keep-alive": value };
      server.put({ kind: "ConfigMap", metadata: { name: "settings", namespace: "shop" }, data });
      await untilTrue(() => keepAliveSeconds(harness) === Number(value));
      server.delete("ConfigMap", "shop", "settings");
      await untilTrue(() => keepAliveSeconds(harness) === 75);
    }
  });
});

test("a controller whose right to list is taken away follows what it may still get", async () => {
  const { server, harness } = await aCluster("get", "list", "watch");
  for (const verb of ["list", "watch"] as const) server.faults.always(verb, { kind: "status", status: 403 }, "secrets");
  server.watches.breakAll("reset");
  const before = harness.sink.certificates.get("shop/tls");
  putSecret(server, "tls", "wild");
  await untilTrue(() => harness.sink.certificates.get("shop/tls") !== before);
});

test("a controller that may not read Secrets serves all the same, and says what is missing", async () => {
  const { harness } = await aCluster("watch");
  expect(harness.sink.virtualHosts.has(HOST)).toBe(true);
  await untilTrue(() => [...harness.problems.values()].flat().some(({ reason }) => reason === "AccessRefused"));
});
