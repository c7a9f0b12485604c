import { expect, onTestFinished, test, vi } from "vitest";
import { revealSecret } from "../../src/lib/secret.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { ask } from "../support/builders/http-request.ts";
import { EC_PAIR } from "../support/builders/test-certificates.ts";

// A whole process starts for each test; on a busy machine that takes seconds.
vi.setConfig({ testTimeout: 60_000 });

/** An API server that knows Ingress shop/web with a certificate. */
async function aCluster(): Promise<FakeApiServer> {
  const server = await FakeApiServer.open();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const data = { "tls.crt": base64(EC_PAIR.certPem), "tls.key": base64(revealSecret(EC_PAIR.keyPem)) };
  server.put({ kind: "Secret", metadata: { name: "cert", namespace: "shop" }, type: "kubernetes.io/tls", data });
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  const backend = { service: { name: "web", port: { number: 80 } } };
  server.put({
    kind: "Ingress",
    metadata: { name: "web", namespace: "shop" },
    spec: {
      ingressClassName: "nginx",
      tls: [{ hosts: ["ec.test"], secretName: "cert" }],
      rules: [{ host: "ec.test", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  });
  return server;
}

async function start(...args: readonly string[]): Promise<HeadgateProcess> {
  const { kubeconfig } = await aCluster();
  const common = ["--kubeconfig", kubeconfig, "--bind-address", "127.0.0.1", "--worker-processes", "2"];
  return await HeadgateProcess.controller(...common, ...args);
}

/** The port of the debug pages, once the first configuration is served. */
async function debugPort(controller: HeadgateProcess): Promise<number> {
  const [, port] = await controller.untilOutput(/"address":"127\.0\.0\.1","port":(\d+),"msg":"debug pages/);
  await controller.untilOutput(/serving the first configuration/);
  return Number(port);
}

interface Profile {
  readonly nodes: readonly { readonly callFrame: { readonly functionName: string } }[];
}

test("a running controller shows its model without keys, and profiles of the main thread and of each worker", async () => {
  await using controller = await start();
  const port = await debugPort(controller);
  const model = (await ask({ port, host: "localhost", path: "/debug/model" })).body;
  expect(JSON.parse(model)).toMatchObject({ virtualHosts: { "ec.test": { certificate: "shop/cert" } } });
  expect(model).not.toContain("PRIVATE KEY");
  const metrics = (await ask({ port: controller.ports.admin, host: "localhost", path: "/metrics" })).body;
  const threads = [...metrics.matchAll(/headgate_event_loop_delay_seconds\{.*worker="(\w+)"/g)].map(([, name]) => name);
  expect(threads).toHaveLength(3);
  for (const thread of threads) {
    const path = `/debug/profile?seconds=0.1&thread=${thread}`;
    const profile = JSON.parse((await ask({ port, host: "localhost", path })).body) as Profile;
    expect(profile.nodes.map(({ callFrame }) => callFrame.functionName)).toContain("(root)");
  }
});

test("a controller whose debug port is taken starts all the same", async () => {
  await using first = await start();
  const port = await debugPort(first);
  await using second = await start(`--profiler-port=${port}`);
  await second.untilOutput(/there are no debug pages/);
  await second.untilOutput(/serving the first configuration/);
});
