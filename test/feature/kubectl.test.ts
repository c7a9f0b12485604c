import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openApiSource } from "../../src/controller/controller.ts";
import { parseObject } from "../../src/kubernetes/parse-object.ts";
import { Translator } from "../../src/translate/translate.ts";
import { apiSourceOptions } from "../support/servers/api-source-harness.ts";
import { type ControllerHarness, startController } from "../support/servers/controller-harness.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { kubectl } from "../support/servers/kubectl.ts";
import { DEFAULT_OPTIONS } from "../support/builders/translate-options.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");

const MANIFEST = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Secret
metadata: { name: tls, namespace: shop }
type: kubernetes.io/tls
stringData: { tls.crt: certificate, tls.key: key }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }, { name: metrics, port: 9090 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop, annotations: { nginx.ingress.kubernetes.io/app-root: /start } }
spec:
  ingressClassName: nginx
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { name: http } } } }
`;

let server: FakeApiServer;

beforeAll(async () => {
  server = await FakeApiServer.open();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function run(args: string, input = ""): Promise<string> {
  const result = await kubectl(server.kubeconfig, args.split(" "), input);
  expect([result.code, result.stderr]).toEqual([0, ""]);
  return result.stdout;
}

describe("real kubectl against the fake API server", { timeout: 60_000 }, () => {
  test("creates, sees no change, and changes by apply", async () => {
    expect(await run("apply -f -", MANIFEST)).toContain("ingress.networking.k8s.io/web created");
    expect(await run("apply -f -", MANIFEST)).toContain("ingress.networking.k8s.io/web unchanged");
    const changed = MANIFEST.replace("shop.example", "store.example").replace("port: 9090", "port: 9091");
    expect(await run("apply -f -", changed)).toContain("ingress.networking.k8s.io/web configured");
    expect(await run("get ingress web -n shop -o jsonpath={.spec.rules[0].host}")).toBe("store.example");
    expect(await run("get service web -n shop -o jsonpath={.spec.ports[*].port}")).toBe("80 9091");
  });

  test("reads lists of several kinds, as tables and as JSON", async () => {
    await run("apply -f -", MANIFEST);
    const table = await run("get ingress,service,secret -A");
    for (const name of ["ingress.networking.k8s.io/web", "service/web", "secret/tls"]) expect(table).toContain(name);
    expect(JSON.parse(await run("get secret tls -n shop -o json"))).toMatchObject({
      data: { "tls.crt": Buffer.from("certificate").toString("base64") },
    });
  });

  test("edits with annotate, label and server-side apply", async () => {
    await run("apply -f -", MANIFEST);
    await run("annotate ingress web -n shop team=a");
    await run("label ingress web -n shop tier=front");
    expect(await run("apply --server-side -f -", MANIFEST)).toContain(
      "ingress.networking.k8s.io/web serverside-applied",
    );
    expect(await run("get ingress web -n shop -o jsonpath={.metadata.annotations.team}{.metadata.labels.tier}")).toBe(
      "afront",
    );
  });

  test("deletes, and then finds nothing", async () => {
    await run("apply -f -", MANIFEST);
    expect(await run("delete ingress web -n shop")).toContain("deleted");
    const gone = await kubectl(server.kubeconfig, ["get", "ingress", "web", "-n", "shop"]);
    expect([gone.code, gone.stderr]).toEqual([
      1,
      'Error from server (NotFound): ingresses.networking.k8s.io "web" not found\n',
    ]);
  });

  test("is told of a conflict when it replaces an old version", async () => {
    await run("apply -f -", MANIFEST);
    const old = await run("get ingress web -n shop -o json");
    await run("annotate ingress web -n shop --overwrite team=b");
    const refused = await kubectl(server.kubeconfig, ["replace", "-f", "-"], old);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Conflict")]);
  });
});

describe("kubectl apply of an example", { timeout: 60_000 }, () => {
  const examples = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());

  test.each(examples.map((entry) => entry.name))("%s becomes hosts, live", async (name) => {
    await using fresh = await FakeApiServer.open();
    await using harness: ControllerHarness = startController(
      [openApiSource(apiSourceOptions(fresh))],
      new Translator({ ...DEFAULT_OPTIONS, anyClass: true }),
    );
    await harness.controller.whenSynced(AbortSignal.timeout(10_000));
    const result = await kubectl(fresh.kubeconfig, ["apply", "-R", "-f", join(EXAMPLES, name)]);
    expect([result.code, result.stderr]).toEqual([0, ""]);
    const hosts = hostsOf(fresh);
    await harness.sink.until(() => hosts.every((host) => harness.sink.virtualHosts.has(host)), hosts.join(", "));
    // No endpoints controller and no Secret is there; but every object must be readable.
    const unreadable = [...harness.problems.values()].flat().filter((problem) => problem.reason === "InvalidObject");
    expect(unreadable).toEqual([]);
  });
});

/** Hosts that the server's Ingresses name. */
function hostsOf(fresh: FakeApiServer): readonly string[] {
  const ingresses = fresh.log.list(resourceOfKind("Ingress"), "").map((json) => parseObject(json).object);
  const rules = ingresses.flatMap((object) => (object?.kind === "Ingress" ? object.spec.rules : []));
  return rules.map((rule) => rule.host).filter((host) => host !== "");
}
