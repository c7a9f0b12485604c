import { describe, expect, onTestFinished, test } from "vitest";
import type { DutiesOptions } from "../../src/controller/controller.ts";
import { type DutiesHarness, openDutiesHarness, putIngress, putPod } from "../support/servers/duties-harness.ts";
import type { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { kubectl } from "../support/servers/kubectl.ts";
import { manyTurns, untilTrue } from "../support/waiting/waiting.ts";

async function aHarness(
  options: Partial<DutiesOptions>,
  arrange: (server: FakeApiServer) => void,
): Promise<DutiesHarness> {
  const harness = await openDutiesHarness({ status: null, ...options }, arrange);
  onTestFinished(() => harness[Symbol.asyncDispose]());
  return harness;
}

const WEB = { name: "web", namespace: "shop" };
const ANNOTATION = "nginx.ingress.kubernetes.io";

function putService(server: FakeApiServer): void {
  server.put({ kind: "Service", metadata: WEB, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } });
}

function putAnnotated(server: FakeApiServer, name: string, annotations: Readonly<Record<string, string>>): void {
  const keyed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${ANNOTATION}/${key}`, value]));
  putIngress(server, name, { metadata: { name, namespace: "shop", annotations: keyed } });
}

/** An Ingress for `/path` of a host; the Ingresses of a test come one day after the other. */
function putPath(server: FakeApiServer, name: string, host: string, path: string, tls: readonly unknown[] = []): void {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const paths = [{ path, pathType: "Prefix", backend }];
  const spec = { ingressClassName: "nginx", tls, rules: [{ host, http: { paths } }] };
  const day = String(1 + server.log.list(resourceOfKind("Ingress"), "").length).padStart(2, "0");
  const creationTimestamp = `2026-01-${day}T00:00:00Z`;
  server.put({ kind: "Ingress", metadata: { name, namespace: "shop", creationTimestamp }, spec });
}

describe("Events", () => {
  test.each<[string, string, (server: FakeApiServer) => void]>([
    [
      "a refused annotation",
      "AnnotationRefused web",
      (server) => putAnnotated(server, "web", { "server-snippet": "x" }),
    ],
    ["a bad annotation", "AnnotationParsingFailed web", (server) => putAnnotated(server, "web", { "limit-rps": "x" })],
    [
      "an ignored annotation",
      "AnnotationIgnored web",
      (server) => putAnnotated(server, "web", { "canary-weight": "5" }),
    ],
    [
      "a missing Service",
      "ServiceNotFound gone",
      (server) => {
        server.delete("Service", "shop", "web");
        putIngress(server, "gone");
      },
    ],
    ["a Service without endpoints", "NoEndpoints web", (server) => putIngress(server, "web")],
    [
      "a canary whose Service has no endpoints",
      "NoEndpoints beta",
      (server) => {
        const metadata = { name: "beta", namespace: "shop" };
        server.put({ kind: "Service", metadata, spec: { selector: { app: "beta" }, ports: [{ port: 80 }] } });
        putPath(server, "web", "web.example", "/");
        const backend = { service: { name: "beta", port: { number: 80 } } };
        const annotations = { [`${ANNOTATION}/canary`]: "true", [`${ANNOTATION}/canary-weight`]: "10" };
        putIngress(server, "beta", {
          metadata: { ...metadata, annotations, creationTimestamp: "2026-02-01T00:00:00Z" },
          spec: {
            ingressClassName: "nginx",
            rules: [{ host: "web.example", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
          },
        });
      },
    ],
    [
      "a missing Secret",
      "SecretNotFound web",
      (server) => putPath(server, "web", "web.example", "/", [{ hosts: ["web.example"], secretName: "none" }]),
    ],
    [
      "a path that another Ingress has",
      "PathConflict later",
      (server) => {
        putPath(server, "first", "one.example", "/");
        putPath(server, "later", "one.example", "/");
      },
    ],
    [
      "a host that another Ingress turned to regexes",
      "RegexModeHost plain",
      (server) => {
        putPath(server, "plain", "web.example", "/plain");
        putAnnotated(server, "web", { "use-regex": "true" });
      },
    ],
  ])("warn of %s", async (_what, expected, arrange) => {
    const harness = await aHarness({}, (server) => {
      putService(server);
      arrange(server);
    });
    await untilTrue(() => harness.events().includes(`Warning ${expected}`));
  });

  test("tell each Ingress that was taken up, and each change of it, but not its status", async () => {
    const status = { addresses: { kind: "fixed", addresses: ["192.0.2.1"] }, intervalMs: 60_000 } as const;
    const harness = await aHarness({ syncEvents: "on", status: { ...status, atShutdown: "keep" } }, (server) => {
      putService(server);
      putIngress(server, "web");
    });
    await untilTrue(() => harness.statusOf("web") !== "" && harness.events().includes("Normal Sync web"));
    await manyTurns();
    expect(countOf(harness, "Sync")).toBe(1);
    putAnnotated(harness.server, "web", { "app-root": "/shop" });
    await untilTrue(() => countOf(harness, "Sync") === 2);
    expect(harness.events().filter((event) => event === "Normal Sync web")).toHaveLength(1);
  });

  test("tell on the pod that a new configuration is served", async () => {
    const harness = await aHarness({}, (server) => {
      putPod(server, "headgate-1", "node-1");
      putService(server);
      putIngress(server, "web");
    });
    await untilTrue(() => harness.events().includes("Normal RELOAD headgate-1"));
    const { stdout } = await kubectl(harness.server.kubeconfig, ["describe", "pod", "headgate-1", "-n", "ingress"]);
    expect(stdout).toMatch(/Normal +RELOAD .* A new configuration is served/);
  });

  test("are not written about objects that are gone by then", async () => {
    const harness = await aHarness({}, (server) => {
      putService(server);
      server.faults.always("create", { kind: "status", status: 503 }, "events");
      for (const name of ["gone", "gone-too"]) putAnnotated(server, name, { "server-snippet": "x" });
    });
    const { server } = harness;
    await untilTrue(() => server.requests.some(({ method, url }) => method === "POST" && url.includes("/events")));
    for (const name of ["gone", "gone-too"]) server.delete("Ingress", "shop", name);
    putAnnotated(server, "stays", { "server-snippet": "x" });
    await untilTrue(() => server.watches.count("ingresses") > 0);
    server.faults.clear();
    await untilTrue(() => harness.events().includes("Warning AnnotationRefused stays"));
    await manyTurns();
    expect(harness.events().filter((event) => event.includes("gone"))).toEqual([]);
    expect(harness.duties.counts.droppedEvents).toBe(0);
  });

  test("of an object that was deleted and made again are about the new one", async () => {
    const harness = await aHarness({ syncEvents: "on" }, (server) => {
      putService(server);
      putAnnotated(server, "web", { "server-snippet": "x" });
    });
    const { server } = harness;
    const told = (reason: string): readonly unknown[] =>
      server.log
        .list(resourceOfKind("Event"), "")
        .filter((event) => event["reason"] === reason)
        .map((event) => (event["involvedObject"] as { readonly uid?: string }).uid);
    const uid = (): unknown => server.log.get(resourceOfKind("Ingress"), "shop", "web")?.metadata["uid"];
    const first = uid();
    await untilTrue(() => told("AnnotationRefused").length === 1);
    server.delete("Ingress", "shop", "web");
    putAnnotated(server, "web", { "server-snippet": "x" });
    const second = uid();
    expect(second).not.toBe(first);
    await untilTrue(() => told("AnnotationRefused").length === 2);
    expect(told("AnnotationRefused")).toEqual([first, second]);
  });

  test("tell on the pod that an IngressClass is gone, and how many Ingresses are not served for it", async () => {
    const harness = await aHarness({}, (server) => {
      putPod(server, "headgate-1", "node-1");
      putService(server);
      for (const name of ["web", "api"]) putIngress(server, name);
    });
    await untilTrue(() => harness.events().includes("Normal RELOAD headgate-1"));
    harness.server.delete("IngressClass", "", "nginx");
    await untilTrue(() => harness.events().includes("Warning IngressClassNotFound headgate-1"));
    const events = harness.server.log.list(resourceOfKind("Event"), "");
    expect(events.find((event) => event["reason"] === "IngressClassNotFound")?.["message"]).toBe(
      "IngressClass nginx: the class does not exist, or may not be read; 2 Ingresses name it and are not served",
    );
  });

  test("of Sync can be switched off", async () => {
    const harness = await aHarness({ syncEvents: "off" }, (server) => {
      putService(server);
      putAnnotated(server, "web", { "server-snippet": "x" });
    });
    await untilTrue(() => harness.events().includes("Warning AnnotationRefused web"));
    expect(harness.events()).not.toContain("Normal Sync web");
  });

  test("of one Ingress are limited, and alike ones combined", async () => {
    const harness = await aHarness({}, putService);
    await untilTrue(() => harness.duties.counts.leading);
    for (let i = 0; i < 60; i++) {
      const before = harness.duties.counts.droppedEvents + eventCount(harness);
      putAnnotated(harness.server, "web", { "limit-rps": `x${i}` });
      await untilTrue(() => harness.duties.counts.droppedEvents + eventCount(harness) > before);
    }
    const written = harness.server.log.list(resourceOfKind("Event"), "shop");
    const combined = written.filter((event) => String(event["message"]).startsWith("(combined from similar events)"));
    expect(combined).toHaveLength(1);
    expect(written.filter((event) => event["reason"] === "AnnotationParsingFailed")).toHaveLength(11);
    expect(eventCount(harness)).toBeLessThanOrEqual(25);
  });

  test("are shown by kubectl describe", async () => {
    const harness = await aHarness({ syncEvents: "on" }, (server) => {
      putService(server);
      putAnnotated(server, "web", { "server-snippet": "x" });
    });
    await untilTrue(() => harness.events().includes("Warning AnnotationRefused web"));
    const { stdout } = await kubectl(harness.server.kubeconfig, ["describe", "ingress", "web", "-n", "shop"]);
    expect(stdout).toMatch(/Warning +AnnotationRefused .*server-snippet: refused/);
  });

  test("that the server refuses are dropped, and the status is written all the same", async () => {
    const status = { addresses: { kind: "fixed", addresses: ["192.0.2.1"] }, intervalMs: 60_000 } as const;
    const harness = await aHarness({ syncEvents: "on", status: { ...status, atShutdown: "keep" } }, (server) => {
      server.faults.always("create", { kind: "status", status: 403 }, "events");
      putService(server);
      putIngress(server, "web");
    });
    await untilTrue(() => harness.statusOf("web") === "192.0.2.1" && harness.duties.counts.droppedEvents > 0);
    expect(harness.events()).toEqual([]);
  });
});

/** The `count` of the events with a reason, together. */
function countOf({ server }: DutiesHarness, reason: string): number {
  const events = server.log.list(resourceOfKind("Event"), "").filter((event) => event["reason"] === reason);
  return events.reduce((sum, event) => sum + Number(event["count"]), 0);
}

function eventCount({ server }: DutiesHarness): number {
  const events = server.log.list(resourceOfKind("Event"), "");
  return events.reduce((sum, event) => sum + Number(event["count"]), 0);
}
