import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { ask } from "../support/builders/http-request.ts";
import { buildWebIngress } from "../support/builders/web-ingress.ts";

// A whole process starts for each test; on a busy machine that takes seconds.
vi.setConfig({ testTimeout: 60_000 });

const DEADLINE_MS = 10_000;

async function aBackend(): Promise<number> {
  const server = createServer((request, response) => response.end(`saw ${request.url}`));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** An API server that knows Ingress shop/web for shop.example, with one endpoint on this machine. */
async function aCluster(): Promise<FakeApiServer> {
  const server = await FakeApiServer.open();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  const meta = { name: "web", namespace: "shop" };
  server.put({ kind: "Service", metadata: meta, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } });
  server.put({
    kind: "EndpointSlice",
    metadata: { ...meta, labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: await aBackend() }],
    endpoints: [{ addresses: ["127.0.0.1"] }],
  });
  server.put(buildWebIngress("web", "shop.example"));
  return server;
}

function controllerOf(server: FakeApiServer, ...args: readonly string[]): Promise<HeadgateProcess> {
  return HeadgateProcess.controller("--kubeconfig", server.kubeconfig, "--bind-address", "127.0.0.1", ...args);
}

async function untilStatus(port: number, host: string, status: number): Promise<void> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    const answer = await ask({ port, host });
    if (answer.status === status) return;
    if (deadline.aborted) throw new Error(`${host} still answers ${answer.status}`);
  }
}

async function adminStatus(process: HeadgateProcess, path: string): Promise<number> {
  return (await ask({ port: process.ports.admin, host: "localhost", path })).status;
}

describe("headgate controller", () => {
  test("serves what the API server has, and follows its changes", async () => {
    const server = await aCluster();
    await using controller = await controllerOf(server);
    await untilStatus(controller.ports.http, "shop.example", 200);
    expect((await ask({ port: controller.ports.http, host: "shop.example", path: "/a?b" })).body).toBe("saw /a?b");
    server.put(buildWebIngress("api", "api.example"));
    await untilStatus(controller.ports.http, "api.example", 200);
    server.delete("Ingress", "shop", "api");
    await untilStatus(controller.ports.http, "api.example", 404);
  });

  test("is live but neither healthy nor ready, and answers 503, until it has seen everything once", async () => {
    const server = await aCluster();
    server.token = "unknown to the controller";
    await using controller = await controllerOf(server);
    expect(await adminStatus(controller, "/livez")).toBe(200);
    expect(await adminStatus(controller, "/healthz")).toBe(500);
    expect(await adminStatus(controller, "/readyz")).toBe(503);
    expect((await ask({ port: controller.ports.http, host: "shop.example" })).status).toBe(503);
    server.token = null;
    await untilStatus(controller.ports.http, "shop.example", 200);
    expect(await adminStatus(controller, "/readyz")).toBe(200);
    expect(await adminStatus(controller, "/healthz")).toBe(200);
  });

  test("writes ingress-nginx's access log, and its own log as JSON lines", async () => {
    const server = await aCluster();
    await using controller = await controllerOf(server);
    await untilStatus(controller.ports.http, "shop.example", 200);
    await controller.untilOutput(
      /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/ HTTP\/1\.1" 200 5 "-" "-" \d+ \d\.\d{3} \[shop-web-80\] \[\] 127\.0\.0\.1:\d+ 5 \d\.\d{3} 200 [0-9a-f]{32}$/m,
    );
    // Written by another thread than the access log's lines, so possibly after them.
    const [line] = await controller.untilOutput(/^\{.*"msg":"serving the first configuration".*$/m);
    expect(JSON.parse(line)).toMatchObject({ level: "info", msg: "serving the first configuration" });
  });

  test("writes one JSON line for each error of its own, counts it for the Ingress, and has its code in the access log", async () => {
    const server = await aCluster();
    server.put({
      kind: "ConfigMap",
      metadata: { name: "config", namespace: "shop" },
      data: { "log-format-upstream": "$status $headgate_reason $request_uri" },
    });
    await using controller = await controllerOf(server, "--configmap", "shop/config");
    await untilStatus(controller.ports.http, "shop.example", 200);
    server.delete("EndpointSlice", "shop", "web");
    await untilStatus(controller.ports.http, "shop.example", 503);
    await controller.untilOutput(/^503 no-endpoints \/$/m);
    const [line] = await controller.untilOutput(/^\{.*"code":"no-endpoints".*$/m);
    expect(JSON.parse(line)).toMatchObject({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      route: "shop/web",
      host: "shop.example",
      client: "127.0.0.1",
      listener: "http",
      msg: "Service shop/web:80: it has no endpoints: no Pod matches its selector",
    });
    const metrics = await ask({ port: controller.ports.admin, host: "localhost", path: "/metrics" });
    expect(metrics.body).toMatch(
      /^headgate_proxy_errors_total\{.*code="no-endpoints",namespace="shop",ingress="web"\} [1-9]/m,
    );
  });

  test("names a broken object once, with its fields, and goes on serving the others", async () => {
    const server = await aCluster();
    await using controller = await controllerOf(server);
    await untilStatus(controller.ports.http, "shop.example", 200);
    server.put(buildWebIngress("broken", "not a host"));
    const [line] = await controller.untilOutput(/^\{.*"object":"Ingress shop\/broken".*$/m);
    expect(JSON.parse(line)).toMatchObject({ level: "error", field: "spec.rules[0].host", value: "not a host" });
    await untilStatus(controller.ports.http, "shop.example", 200);
  });

  test("fails its health check at SIGTERM, serves on for the grace period, and exits 0", async () => {
    const server = await aCluster();
    await using controller = await controllerOf(server, "--shutdown-grace-period", "2");
    await untilStatus(controller.ports.http, "shop.example", 200);
    controller.kill("SIGTERM");
    await controller.untilOutput(/shutting down/);
    expect(await adminStatus(controller, "/healthz")).toBe(500);
    expect((await ask({ port: controller.ports.http, host: "shop.example" })).status).toBe(200);
    expect(await controller.exited).toBe(0);
  });
});

describe("headgate wait-shutdown", () => {
  test.each([["--help"], ["--hlep"]])("with %s leaves a running controller alone", async (flag) => {
    const server = await aCluster();
    await using controller = await controllerOf(server);
    await untilStatus(controller.ports.http, "shop.example", 200);
    const hook = await HeadgateProcess.job("", ["wait-shutdown", flag]);
    expect(hook.output).toContain("wait-shutdown");
    expect((await ask({ port: controller.ports.http, host: "shop.example" })).status).toBe(200);
    expect(controller.output).not.toContain("shutting down");
  });
});
