import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { readCertificateFixture } from "../support/builders/certificate-fixture.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { freePorts, IngressNode, NodeBalancer } from "../support/servers/ingress-node.ts";
import { InstalledRelease } from "../support/servers/installed-release.ts";
import { kubectl } from "../support/servers/kubectl.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { SteadyLoad } from "../support/clients/steady-load.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

// A dozen processes start in this test, most of them one after the other.
vi.setConfig({ testTimeout: 300_000 });

const APPS = ["shop", "cart", "search"] as const;
type App = (typeof APPS)[number];
const ENOUGH = 100;

test("install, rollout, rotation, a bad Ingress, a killed leader and an upgrade cost not one request", async () => {
  await using server = await FakeApiServer.open();
  const quick =
    "controller.electionTTL=3s,controller.shutdownGracePeriod=1,controller.extraArgs.status-update-interval=5";
  await using release = await InstalledRelease.install(server, "values-hostnetwork.yaml", "--set", quick);
  const ports = await freePorts();
  server.webhookAddresses.set(release.webhookService, `https://127.0.0.1:${ports.webhook}`);
  await using one = new IngressNode("127.0.0.1", ports);
  await using two = new IngressNode("127.0.0.2", ports);
  for (const app of APPS) await putApp(server, app, `${app} v1`);
  await release.run("pod-1", one);
  await using balancer = new NodeBalancer([one, two], release.container.readinessProbe.httpGet.path);
  await balancer.untilReady(one);
  await release.finish();
  await release.run("pod-2", two);
  await balancer.untilReady(two);
  await untilTrue(
    () => statusOf(server, "shop").includes(one.address) && statusOf(server, "shop").includes(two.address),
  );

  const loads = APPS.map((app) =>
    SteadyLoad.start({ host: `${app}.example.com`, path: "/", clients: 2, target: () => balancer.target() }),
  );
  onTestFinished(async () => {
    await Promise.all(loads.map((load) => load.stop()));
  });
  const noFailure = async (): Promise<void> => {
    await Promise.all(loads.map((load) => load.untilMore(ENOUGH)));
    expect(loads.flatMap((load) => load.failures)).toEqual([]);
  };
  await noFailure();

  await putApp(server, "shop", "shop v2");
  await loads[0]?.until(() => loads[0]?.bodies.has("shop v2") === true, "the new version");
  await noFailure();

  putCertificate(server, "wild");
  for (const node of [one, two]) await untilCertificate(node, "*.example.com");
  await noFailure();

  const refused = await kubectl(server.kubeconfig, ["apply", "-f", "-"], JSON.stringify(BAD_INGRESS));
  expect(refused.stderr).toContain("denied the request");
  server.delete("ValidatingWebhookConfiguration", "", release.webhookName);
  server.put(BAD_INGRESS);
  await untilTrue(() => server.log.list(resourceOfKind("Event"), "apps").some(isAboutBadIngress));
  await noFailure();

  const leader = release.leader() === "pod-1" ? one : two;
  const follower = leader === one ? "pod-2" : "pod-1";
  // What a killed process was answering is lost with it, wherever it runs; what must go on is everything else.
  balancer.cordon(leader);
  await Promise.all(loads.map((load) => load.reconnect()));
  await leader.kill();
  server.delete("Pod", "edge", leader === one ? "pod-1" : "pod-2");
  await untilTrue(() => release.leader() === follower);
  await noFailure();
  await release.run("pod-3", leader);
  await balancer.untilReady(leader);
  balancer.uncordon(leader);
  await noFailure();

  for (const [index, node] of [one, two].entries()) {
    expect(await node.stop()).toBe(0);
    await release.run(`pod-upgraded-${index}`, node);
    await balancer.untilReady(node);
    await noFailure();
  }
  expect(release.access.refused).toEqual([]);
});

const BAD_INGRESS = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: {
    name: "bad",
    namespace: "apps",
    annotations: { "nginx.ingress.kubernetes.io/use-regex": "true" },
  },
  spec: {
    ingressClassName: "nginx",
    rules: [
      {
        host: "bad.example.com",
        http: {
          paths: [
            {
              path: "/(unclosed",
              pathType: "ImplementationSpecific",
              backend: { service: { name: "shop", port: { number: 80 } } },
            },
          ],
        },
      },
    ],
  },
};

function isAboutBadIngress(event: object): boolean {
  return "involvedObject" in event && JSON.stringify(event.involvedObject).includes('"bad"');
}

/** The app's objects, with one endpoint that answers with this text. What an earlier call started goes on answering. */
async function putApp(server: FakeApiServer, app: App, answer: string): Promise<void> {
  const backend = await RawBackend.open(answerText(answer));
  onTestFinished(() => backend.close());
  const metadata = { name: app, namespace: "apps" };
  server.put({ kind: "Service", metadata, spec: { selector: { app }, ports: [{ port: 80 }] } });
  server.put({
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": app } },
    addressType: "IPv4",
    ports: [{ port: Number(backend.address.split(":")[1]) }],
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
  });
  if (server.log.get(resourceOfKind("Ingress"), "apps", app) !== undefined) return;
  putCertificate(server, "shop");
  const host = `${app}.example.com`;
  server.put({
    kind: "Ingress",
    metadata: { ...metadata, annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": "false" } },
    spec: {
      ingressClassName: "nginx",
      tls: [{ hosts: [host], secretName: "apps-tls" }],
      rules: [
        {
          host,
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: app, port: { number: 80 } } } }],
          },
        },
      ],
    },
  });
}

function putCertificate(server: FakeApiServer, name: "shop" | "wild"): void {
  const data = Object.entries(readCertificateFixture(name)).map(([key, text]) => [
    key,
    Buffer.from(text).toString("base64"),
  ]);
  server.put({
    kind: "Secret",
    metadata: { name: "apps-tls", namespace: "apps" },
    type: "kubernetes.io/tls",
    data: Object.fromEntries(data) as Record<string, string>,
  });
}

/** Resolves once a new TLS connection for shop.example.com gets a certificate with this name. */
async function untilCertificate(node: IngressNode, name: string): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  while (!(await servedNames(node)).includes(name)) deadline.throwIfAborted();
}

async function servedNames(node: IngressNode): Promise<string> {
  const options = { host: node.address, port: node.ports.https, servername: "shop.example.com" };
  const socket = connect({ ...options, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).subjectAltName ?? "";
}

function statusOf(server: FakeApiServer, name: string): readonly string[] {
  const status = server.log.get(resourceOfKind("Ingress"), "apps", name)?.["status"] as
    | { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } }
    | undefined;
  return status?.loadBalancer?.ingress?.map(({ ip = "" }) => ip) ?? [];
}
