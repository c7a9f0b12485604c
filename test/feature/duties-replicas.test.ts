import { describe, expect, onTestFinished, test, vi } from "vitest";
import { putIngress } from "../support/servers/duties-harness.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { kubectl } from "../support/servers/kubectl.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

// Whole processes start, and Leases run out.
vi.setConfig({ testTimeout: 120_000 });

const TTL = "2s";
const LEADING = /leading: this replica/;

interface Replica {
  readonly name: string;
  readonly token: string;
  readonly process: HeadgateProcess;
}

async function aCluster(): Promise<FakeApiServer> {
  const server = await FakeApiServer.open();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.put({ kind: "IngressClass", metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
  server.put({ kind: "Service", metadata: { name: "web", namespace: "shop" }, spec: { ports: [{ port: 80 }] } });
  for (let i = 0; i < 5; i++) putIngress(server, `web-${i}`);
  return server;
}

/** A controller in a pod of its own, known to the server by its own token. */
async function aReplica(server: FakeApiServer, name: string, ...args: readonly string[]): Promise<Replica> {
  const flags = [
    "--kubeconfig",
    await server.kubeconfigFor(name),
    "--bind-address=127.0.0.1",
    "--healthz-host=127.0.0.1",
  ];
  const process = await HeadgateProcess.pod(`ingress/${name}`, ...flags, `--election-ttl=${TTL}`, ...args);
  onTestFinished(() => process[Symbol.asyncDispose]());
  return { name, token: name, process };
}

function addressesOf(server: FakeApiServer): readonly string[] {
  return server.log.list(resourceOfKind("Ingress"), "shop").map((ingress) => JSON.stringify(ingress["status"] ?? null));
}

/** Who held the Lease at each status write that was let through, and who made it: `headgate-1 under headgate-1`. */
function writers(server: FakeApiServer): readonly string[] {
  const leases = server.log.since(0).filter(({ resource }) => resource.kind === "Lease");
  const holderAt = (version: number): string => {
    const lease = leases.findLast((entry) => entry.version <= version)?.after;
    const spec = (lease?.["spec"] ?? {}) as { readonly holderIdentity?: string };
    return (spec.holderIdentity ?? "").replace(/_.*/, "");
  };
  return server.requests
    .filter(({ method, url }) => method === "PATCH" && url.endsWith("/status"))
    .filter(({ authorization }) => !server.cutOff.has(authorization.replace("Bearer ", "")))
    .map(({ authorization, version }) => `${authorization.replace("Bearer ", "")} under ${holderAt(version)}`);
}

describe("two replicas", () => {
  test("have one writer; when it is killed, the other takes over and writes", async () => {
    const server = await aCluster();
    const first = await aReplica(server, "headgate-1", "--publish-status-address=192.0.2.1");
    await first.process.untilOutput(LEADING);
    await untilTrue(() => addressesOf(server).every((status) => status.includes("192.0.2.1")));
    const second = await aReplica(server, "headgate-2", "--publish-status-address=192.0.2.2");
    await second.process.untilOutput(/serving the first configuration/);
    expect(second.process.output).not.toMatch(LEADING);
    first.process.kill("SIGKILL");
    await second.process.untilOutput(LEADING);
    await untilTrue(() => addressesOf(server).every((status) => status.includes("192.0.2.2")));
    expect(new Set(writers(server))).toEqual(new Set(["headgate-1 under headgate-1", "headgate-2 under headgate-2"]));
  });

  test("hand over without waiting when the leader ends in order", async () => {
    const server = await aCluster();
    const ttl = "--election-ttl=40s";
    const first = await aReplica(server, "headgate-1", "--publish-status-address=192.0.2.1", ttl);
    await first.process.untilOutput(LEADING);
    first.process.kill("SIGTERM");
    expect(await first.process.exited).toBe(0);
    const second = await aReplica(server, "headgate-2", "--publish-status-address=192.0.2.2", ttl);
    // Within the deadline of `untilOutput`, where the Lease would have lasted longer than that is worth waiting for.
    await second.process.untilOutput(LEADING);
    const { stdout } = await kubectl(server.kubeconfig, ["get", "lease", "-n", "ingress", "-o", "yaml"]);
    expect(stdout).toMatch(/holderIdentity: headgate-2_/);
  });

  test("never write both when the leader is cut off from the API server and comes back", async () => {
    const server = await aCluster();
    const first = await aReplica(server, "headgate-1", "--publish-status-address=192.0.2.1");
    await first.process.untilOutput(LEADING);
    const second = await aReplica(server, "headgate-2", "--publish-status-address=192.0.2.2");
    server.cutOff.add(first.token);
    await second.process.untilOutput(LEADING);
    await first.process.untilOutput(/not leading any more/);
    await untilTrue(() => addressesOf(server).every((status) => status.includes("192.0.2.2")));
    const before = server.requests.length;
    server.cutOff.delete(first.token);
    putIngress(server, "new");
    await untilTrue(() => addressesOf(server).every((status) => status.includes("192.0.2.2")));
    const later = writers(server).slice(-1);
    expect(later).toEqual(["headgate-2 under headgate-2"]);
    expect(server.requests.length).toBeGreaterThan(before);
  });

  test("never write both when the leader was stopped in its tracks and goes on later", async () => {
    const server = await aCluster();
    const first = await aReplica(server, "headgate-1", "--publish-status-address=192.0.2.1");
    await first.process.untilOutput(LEADING);
    await untilTrue(() => addressesOf(server).every((status) => status.includes("192.0.2.1")));
    const second = await aReplica(server, "headgate-2", "--publish-status-address=192.0.2.2");
    first.process.kill("SIGSTOP");
    await second.process.untilOutput(LEADING);
    await untilTrue(() => addressesOf(server).every((status) => status.includes("192.0.2.2")));
    first.process.kill("SIGCONT");
    putIngress(server, "new");
    await first.process.untilOutput(/not leading any more/);
    await untilTrue(() => addressesOf(server).every((status) => status.includes("192.0.2.2")));
    expect(writers(server).filter((line) => line === "headgate-1 under headgate-2")).toEqual([]);
  });
});
