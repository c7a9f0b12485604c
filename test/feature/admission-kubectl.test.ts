import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { kubectl, type KubectlResult } from "../support/servers/kubectl.ts";
import { testCa } from "../support/builders/test-certificates.ts";
import { webhookFiles } from "../support/servers/webhook-files.ts";

// A whole process starts.
vi.setConfig({ testTimeout: 90_000 });

const SERVICE = { namespace: "ingress", name: "headgate-admission" };

async function aCluster(): Promise<FakeApiServer> {
  const server = await FakeApiServer.open();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  server.put({ kind: "Service", metadata: { name: "web", namespace: "shop" }, spec: { ports: [{ port: 80 }] } });
  server.put({
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "headgate-admission" },
    webhooks: [
      {
        name: "validate.nginx.ingress.kubernetes.io",
        clientConfig: {
          service: { ...SERVICE, path: "/networking/v1/ingresses" },
          caBundle: Buffer.from(testCa().certPem).toString("base64"),
        },
        failurePolicy: "Fail",
        rules: [{ apiGroups: ["networking.k8s.io"], operations: ["CREATE", "UPDATE"], resources: ["ingresses"] }],
      },
    ],
  });
  return server;
}

/** The controller with its webhook, where the server finds it. */
async function aController(server: FakeApiServer): Promise<HeadgateProcess> {
  const { certificatePath, keyPath } = await webhookFiles(testCa().issue(`${SERVICE.name}.${SERVICE.namespace}.svc`));
  const process = await HeadgateProcess.controller(
    "--kubeconfig",
    server.kubeconfig,
    "--bind-address=127.0.0.1",
    "--healthz-host=127.0.0.1",
    "--validating-webhook=127.0.0.1:0",
    `--validating-webhook-certificate=${certificatePath}`,
    `--validating-webhook-key=${keyPath}`,
  );
  onTestFinished(() => process[Symbol.asyncDispose]());
  const [, port] = await process.untilOutput(/"port":(\d+),"msg":"the admission webhook listens"/);
  await process.untilOutput(/serving the first configuration/);
  server.webhookAddresses.set(`${SERVICE.namespace}/${SERVICE.name}`, `https://127.0.0.1:${port}`);
  return process;
}

function manifest(name: string, host: string, annotations: Readonly<Record<string, string>> = {}): string {
  const backend = { service: { name: "web", port: { number: 80 } } };
  return JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "shop", annotations },
    spec: {
      ingressClassName: "nginx",
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  });
}

function create(server: FakeApiServer, text: string): Promise<KubectlResult> {
  return kubectl(server.kubeconfig, ["create", "-f", "-"], text);
}

const PREFIX = "nginx.ingress.kubernetes.io";

describe("kubectl against a cluster with the webhook", () => {
  test("creates what is good, is warned, is refused what is bad, and learns why", async () => {
    const server = await aCluster();
    await aController(server);
    expect(await create(server, manifest("first", "shop.example"))).toMatchObject({ code: 0 });
    const warned = await create(server, manifest("odd", "odd.example", { [`${PREFIX}/canary-weight`]: "5" }));
    expect(warned).toMatchObject({ code: 0 });
    expect(warned.stderr).toMatch(/Warning: .*canary-weight: no effect without/);
    const snippet = { [`${PREFIX}/server-snippet`]: "return 200;" };
    const refused = await create(server, manifest("bad", "bad.example", snippet));
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(
      /admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: .*server-snippet: refused/,
    );
    expect(server.log.get(resourceOfKind("Ingress"), "shop", "bad")).toBeUndefined();
  });

  test("is told which Ingress has a host and path already", async () => {
    const server = await aCluster();
    server.put(JSON.parse(manifest("first", "shop.example")) as Parameters<FakeApiServer["put"]>[0]);
    await aController(server);
    const { code, stderr } = await create(server, manifest("second", "shop.example"));
    expect(code).not.toBe(0);
    expect(stderr).toContain('host "shop.example" and path "/" is already defined in ingress shop/first');
  });
});
