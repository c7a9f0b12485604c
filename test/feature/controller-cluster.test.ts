import { describe, expect, test } from "vitest";
import { openApiSource } from "../../src/controller/controller.ts";
import { Translator } from "../../src/translate/translate.ts";
import { apiSourceOptions } from "../support/servers/api-source-harness.ts";
import { type ControllerHarness, startController } from "../support/servers/controller-harness.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { DEFAULT_OPTIONS } from "../support/builders/translate-options.ts";
import { untilTrue } from "../support/waiting/waiting.ts";
import { buildWebIngress } from "../support/builders/web-ingress.ts";

interface Cluster extends ControllerHarness {
  readonly server: FakeApiServer;
}

/** The whole control plane on a fake API server that already holds one shop. */
async function openCluster(): Promise<Cluster> {
  const server = await FakeApiServer.open();
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  server.put({
    kind: "Service",
    metadata: { name: "web", namespace: "shop" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  putSlice(server, ["10.0.0.1"]);
  server.put(buildWebIngress("web", "shop.example"));
  const harness = startController([openApiSource(apiSourceOptions(server))], new Translator(DEFAULT_OPTIONS));
  await harness.controller.whenSynced(AbortSignal.timeout(10_000));
  return {
    ...harness,
    server,
    [Symbol.asyncDispose]: async () => {
      await harness.controller.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

function ingressRequests(server: FakeApiServer): readonly string[] {
  return server.requests.map((request) => request.url).filter((url) => url.includes("/ingresses"));
}

function putSlice(server: FakeApiServer, addresses: readonly string[]): void {
  server.put({
    kind: "EndpointSlice",
    metadata: { name: "web-1", namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  });
}

describe("a change in the cluster", () => {
  test("of an Ingress is in the model by the event alone: in one step, and nothing is asked for again", async () => {
    await using cluster = await openCluster();
    const { server, sink } = cluster;
    expect(sink.virtualHosts.has("shop.example")).toBe(true);
    await untilTrue(() => server.watches.count("ingresses") === 1);
    const asked = ingressRequests(server);
    for (let i = 0; i < 5; i++) {
      server.put(buildWebIngress("api", `api-${i}.example`));
      await sink.until(() => sink.virtualHosts.has(`api-${i}.example`), "the new host");
      expect([sink.deltas.length, sink.deltas.at(-1)?.endpoints.size]).toEqual([2 + i, 0]);
    }
    expect(ingressRequests(server)).toEqual(asked);
  });

  test("of endpoints rebuilds no host", async () => {
    await using cluster = await openCluster();
    putSlice(cluster.server, ["10.0.0.1", "10.0.0.2"]);
    await cluster.sink.until(() => cluster.sink.deltas.length === 2, "the endpoints");
    const delta = cluster.sink.deltas[1];
    expect([
      delta?.virtualHosts.size,
      [...(delta?.endpoints.values() ?? [])].map((set) => set?.endpoints.length),
    ]).toEqual([0, [2]]);
  });

  test("that loses an Ingress loses its host", async () => {
    await using cluster = await openCluster();
    cluster.server.delete("Ingress", "shop", "web");
    await cluster.sink.until(() => !cluster.sink.virtualHosts.has("shop.example"), "the loss");
  });

  test("survives that everything breaks on the way", async () => {
    await using cluster = await openCluster();
    for (const verb of ["list", "watch"] as const) cluster.server.faults.next(verb, { kind: "status", status: 500 });
    cluster.server.watches.breakAll("reset");
    cluster.server.put(buildWebIngress("api", "api.example"));
    cluster.server.log.compact();
    await cluster.sink.until(() => cluster.sink.virtualHosts.has("api.example"), "the new host");
    expect(cluster.sink.virtualHosts.has("shop.example")).toBe(true);
  });
});

describe("Secrets", () => {
  test("are in memory only while an Ingress refers to them, and arrive when one does", async () => {
    await using cluster = await openCluster();
    const { server, controller } = cluster;
    server.put({
      kind: "Secret",
      metadata: { name: "tls", namespace: "shop" },
      type: "kubernetes.io/tls",
      data: { "tls.crt": "", "tls.key": "" },
    });
    server.put({ kind: "Secret", metadata: { name: "other", namespace: "shop" }, data: { a: "Yg==" } });
    server.put(buildWebIngress("probe", "probe.example"));
    await cluster.sink.until(() => cluster.sink.virtualHosts.has("probe.example"), "a later change");
    expect(controller.objectCount("Secret")).toBe(0);
    server.put(buildWebIngress("web", "shop.example", "tls"));
    await untilTrue(() => controller.objectCount("Secret") === 1);
    server.put(buildWebIngress("web", "shop.example"));
    await untilTrue(() => controller.objectCount("Secret") === 0);
  });
});
