import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { DutiesOptions } from "../../src/controller/controller.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import {
  type DutiesHarness,
  openDutiesHarness,
  OWN_POD,
  putIngress,
  putPod,
} from "../support/servers/duties-harness.ts";
import type { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { manyTurns, untilTrue } from "../support/waiting/waiting.ts";

vi.setConfig({ testTimeout: 110_000 });

type Status = NonNullable<DutiesOptions["status"]>;

async function aHarness(
  status: Partial<Status>,
  arrange: (server: FakeApiServer) => void,
  options: Partial<DutiesOptions> = {},
): Promise<DutiesHarness> {
  const fixed = { kind: "fixed", addresses: ["192.0.2.1"] } as const;
  const rule = { addresses: fixed, intervalMs: 60_000, atShutdown: "clear", ...status } as const;
  const harness = await openDutiesHarness({ status: rule, ...options }, arrange);
  onTestFinished(() => harness[Symbol.asyncDispose]());
  return harness;
}

function putPublished(server: FakeApiServer, ip: string): void {
  const metadata = { name: "headgate", namespace: "ingress" };
  const status = { loadBalancer: { ingress: [{ ip }] } };
  server.put({ kind: "Service", metadata, spec: { type: "LoadBalancer", ports: [{ port: 80 }] }, status });
}

function putNode(server: FakeApiServer, name: string, addresses: Readonly<Record<string, string>>): void {
  const list = Object.entries(addresses).map(([type, address]) => ({ type, address }));
  server.put({ kind: "Node", metadata: { name }, status: { addresses: list } });
}

function writeForeignStatus(server: FakeApiServer, name: string, ip: string): void {
  const known = server.log.get(resourceOfKind("Ingress"), "shop", name);
  if (known === undefined) throw new Error(`there is no Ingress ${name}`);
  server.put({ ...known, kind: "Ingress", status: { loadBalancer: { ingress: [{ ip }] } } });
}

describe("the status of Ingresses", () => {
  test("is written once for each of 1,000, and not again while it is equal", async () => {
    const harness = await aHarness({}, (server) => {
      server.put({ kind: "Service", metadata: { name: "web", namespace: "shop" }, spec: { ports: [{ port: 80 }] } });
      for (let i = 0; i < 1000; i++) putIngress(server, `web-${i}`);
    });
    // Ten seconds for each hundred, on a machine that does other things as well.
    for (let least = 100; least <= 1000; least += 100) {
      await untilTrue(() => harness.duties.counts.statusWrites >= least);
    }
    harness.server.put({ kind: "Service", metadata: { name: "other", namespace: "shop" }, spec: { ports: [] } });
    await manyTurns();
    expect(harness.statusPatches()).toHaveLength(1000);
    expect(harness.statusOf("web-999")).toBe("192.0.2.1");
  });

  test("is left alone where it says the same in another order", async () => {
    const addresses = { kind: "fixed", addresses: ["192.0.2.2", "192.0.2.1"] } as const;
    const harness = await aHarness({ addresses }, (server) => {
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.2" }, { ip: "192.0.2.1" }] } };
      putIngress(server, "equal", { status });
      putIngress(server, "empty");
    });
    await untilTrue(() => harness.statusOf("empty") === "192.0.2.1,192.0.2.2");
    expect(harness.statusPatches()).toHaveLength(1);
  });

  test("of another controller's class is not touched", async () => {
    const harness = await aHarness({}, (server) => {
      putIngress(server, "theirs", { spec: { ingressClassName: "other", rules: [{ host: "theirs.example" }] } });
      putIngress(server, "ours");
    });
    await untilTrue(() => harness.statusOf("ours") !== "");
    await manyTurns();
    expect(harness.statusOf("theirs")).toBe("");
  });

  test("follows the addresses of the published Service at once", async () => {
    const addresses = { kind: "service", service: "ingress/headgate" } as const;
    const harness = await aHarness({ addresses }, (server) => {
      putPublished(server, "203.0.113.1");
      putIngress(server, "web");
    });
    await untilTrue(() => harness.statusOf("web") === "203.0.113.1");
    putPublished(harness.server, "203.0.113.2");
    await untilTrue(() => harness.statusOf("web") === "203.0.113.2");
    expect(harness.statusPatches()).toHaveLength(2);
  });

  test("that was there before is not emptied by a load balancer that has no address yet", async () => {
    const addresses = { kind: "service", service: "ingress/headgate" } as const;
    const harness = await aHarness({ addresses }, (server) => {
      server.put({
        kind: "Service",
        metadata: { name: "headgate", namespace: "ingress" },
        spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
      });
      putIngress(server, "web", { status: { loadBalancer: { ingress: [{ ip: "198.51.100.1" }] } } });
    });
    await untilTrue(() => harness.duties.counts.leading);
    await manyTurns();
    expect(harness.statusOf("web")).toBe("198.51.100.1");
    putPublished(harness.server, "203.0.113.1");
    await untilTrue(() => harness.statusOf("web") === "203.0.113.1");
  });

  test.each([
    ["external", "198.51.100.1,198.51.100.2"],
    ["internal", "10.0.0.1,198.51.100.2"],
  ] as const)("holds the %s addresses of the nodes of ready pods", async (prefers, expected) => {
    const harness = await aHarness({ addresses: { kind: "nodes", pod: OWN_POD, prefers } }, (server) => {
      putPod(server, "headgate-1", "node-1");
      putPod(server, "headgate-2", "node-2");
      putPod(server, "headgate-3", "node-3", { status: { phase: "Running", conditions: [] } });
      putPod(server, "stranger", "node-3", {
        metadata: { name: "stranger", namespace: "ingress", labels: { app: "x" } },
      });
      putNode(server, "node-1", { InternalIP: "10.0.0.1", ExternalIP: "198.51.100.1" });
      putNode(server, "node-2", { InternalIP: "198.51.100.2" });
      putNode(server, "node-3", { InternalIP: "10.0.0.3" });
      putIngress(server, "web");
    });
    await untilTrue(() => harness.statusOf("web") !== "");
    expect(harness.statusOf("web")).toBe(expected);
  });

  test("follows pods that become ready and nodes that get another address, soon and without a round", async () => {
    const addresses = { kind: "nodes", pod: OWN_POD, prefers: "internal" } as const;
    const notReady = { status: { phase: "Running", conditions: [] } };
    const arrange = (server: FakeApiServer): void => {
      putPod(server, "headgate-1", "node-1");
      putPod(server, "headgate-2", "node-2", notReady);
      putNode(server, "node-1", { InternalIP: "10.0.0.1" });
      putNode(server, "node-2", { InternalIP: "10.0.0.2" });
      putIngress(server, "web");
    };
    const harness = await aHarness({ addresses }, arrange, { timing: { nodesMs: 20 } });
    await untilTrue(() => harness.statusOf("web") === "10.0.0.1");
    putPod(harness.server, "headgate-2", "node-2");
    await untilTrue(() => harness.statusOf("web") === "10.0.0.1,10.0.0.2");
    putNode(harness.server, "node-1", { InternalIP: "10.0.0.7" });
    await untilTrue(() => harness.statusOf("web") === "10.0.0.2,10.0.0.7");
    putPod(harness.server, "headgate-2", "node-2", notReady);
    await untilTrue(() => harness.statusOf("web") === "10.0.0.7");
  });

  test("of a hundred nodes costs ten of them a look, each in its turn", async () => {
    const addresses = { kind: "nodes", pod: OWN_POD, prefers: "internal" } as const;
    const nodes = Array.from({ length: 100 }, (_, i) => `node-${i}`);
    const arrange = (server: FakeApiServer): void => {
      nodes.forEach((node, i) => {
        putPod(server, `headgate-${i + 1}`, node);
        putNode(server, node, { InternalIP: `10.0.1.${i}` });
      });
      putIngress(server, "web");
    };
    const harness = await aHarness({ addresses }, arrange, { timing: { nodesMs: 20 } });
    await untilTrue(() => harness.statusOf("web").split(",").length === 100);
    const requests = (part: string): number =>
      harness.server.requests.filter(({ url }) => url.includes(part) && !url.includes("ingresses")).length;
    const [looks, reads] = [requests("/pods?"), requests("/nodes/")];
    await untilTrue(() => requests("/nodes/") >= reads + 120);
    // One look may have been under way when they were counted.
    expect(requests("/nodes/") - reads).toBeLessThanOrEqual(10 * (requests("/pods?") - looks + 1));
    const read = harness.server.requests.filter(({ url }) => url.includes("/nodes/")).slice(reads, reads + 100);
    expect(new Set(read.map(({ url }) => url)).size).toBe(100);
  });

  test("is tried again when the API server fails, and bound to the version that was looked at", async () => {
    const harness = await aHarness({}, (server) => {
      server.faults.next("patch", { kind: "status", status: 500 }, "ingresses");
      server.faults.next("patch", { kind: "status", status: 409 }, "ingresses");
      putIngress(server, "web");
    });
    await untilTrue(() => harness.statusPatches().length === 2);
    await manyTurns();
    expect(harness.statusPatches()).toHaveLength(2);
    putIngress(harness.server, "web", { spec: { ingressClassName: "nginx", rules: [{ host: "new.example" }] } });
    await untilTrue(() => harness.statusOf("web") === "192.0.2.1");
  });
});

describe("a foreign write", () => {
  test("is reported by an Event and counted, put right once, and then left alone", async () => {
    const harness = await aHarness({ intervalMs: 20 }, (server) => putIngress(server, "web"));
    await untilTrue(() => harness.duties.counts.statusWrites === 1);
    await manyTurns();
    writeForeignStatus(harness.server, "web", "198.51.100.66");
    await untilTrue(() => harness.statusOf("web") === "192.0.2.1");
    await untilTrue(() => harness.events().includes("Warning StatusConflict web"));
    await manyTurns();
    writeForeignStatus(harness.server, "web", "198.51.100.67");
    await untilTrue(() => harness.duties.counts.foreignStatusWrites === 2);
    await manyTurns(2000);
    expect(harness.statusOf("web")).toBe("198.51.100.67");
    expect(harness.duties.counts).toMatchObject({ foreignStatusWrites: 2, statusWrites: 2 });
  });
});

describe("at the end", () => {
  test("the last one out takes the addresses away and gives the Lease back", async () => {
    const harness = await aHarness({}, (server) => {
      putPod(server, "headgate-1", "node-1");
      putIngress(server, "web");
    });
    await untilTrue(() => harness.statusOf("web") !== "");
    await harness.stopDuties();
    expect(harness.statusOf("web")).toBe("");
    const lease = harness.server.log.get(resourceOfKind("Lease"), "ingress", "leader");
    expect(lease?.["spec"]).toMatchObject({ holderIdentity: "" });
  });

  test("1,000 statuses are taken away several at a time, whatever the server says first", async () => {
    const harness = await aHarness({}, (server) => {
      putPod(server, "headgate-1", "node-1");
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      for (let i = 0; i < 1_000; i++) putIngress(server, `web-${i}`, { status });
    });
    await untilTrue(() => harness.duties.counts.leading, 60_000);
    await manyTurns();
    for (const status of [409, 429, 500]) {
      harness.server.faults.next("patch", { kind: "status", status }, "ingresses");
    }
    await harness.stopDuties();
    expect(harness.statusPatches()).toHaveLength(1_003);
    expect(harness.duties.counts.statusWrites).toBe(1_000);
  });

  test("what could not be cleared is told with its names", async () => {
    const log: string[] = [];
    const logger = {
      ...silentLogger,
      warn: (fields: object, text: string) => void log.push(JSON.stringify(fields) + text),
    };
    const harness = await aHarness(
      {},
      (server) => {
        putPod(server, "headgate-1", "node-1");
        const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
        for (const name of ["one", "two"]) putIngress(server, name, { status });
      },
      { logger },
    );
    await untilTrue(() => harness.duties.counts.leading);
    await manyTurns();
    harness.server.faults.next("patch", { kind: "status", status: 422 }, "ingresses");
    await harness.stopDuties();
    const told = log.filter((line) => line.includes("still holds our addresses"));
    expect(told).toEqual([expect.stringMatching(/"cleared":1,"left":1,"such_as":"shop\/(one|two)"/)]);
  });

  test.each([
    ["another pod still runs", { other: "headgate-2", atShutdown: "clear" }],
    ["it was told to keep them", { other: null, atShutdown: "keep" }],
  ] as const)("the addresses stay when %s", async (_why, { other, atShutdown }) => {
    const harness = await aHarness({ atShutdown }, (server) => {
      putPod(server, "headgate-1", "node-1");
      if (other !== null) putPod(server, other, "node-2");
      putIngress(server, "web");
    });
    await untilTrue(() => harness.statusOf("web") !== "");
    await harness.stopDuties();
    expect(harness.statusOf("web")).toBe("192.0.2.1");
  });
});
