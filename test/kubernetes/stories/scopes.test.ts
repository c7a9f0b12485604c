import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { SteadyLoad } from "../../support/clients/steady-load.ts";
import { get } from "../../support/clients/raw-client.ts";
import { refusedRequests } from "../audit.ts";
import { balancerAddress, installChart, kube, until } from "../cluster.ts";
import { NODES } from "../lab/addresses.ts";
import { leave, openShop } from "../story.ts";

const HOST_NETWORK = join(import.meta.dirname, "../../../charts/headgate/values-hostnetwork.yaml");
const QUICK = ["--set", "controller.shutdownGracePeriod=1"];
const ENOUGH = 100;
const MOVED = "10.80.255.77";
const SOON_MS = 6_000;
const open = new Set<string>();

afterEach(async () => {
  for (const name of open) await leave(name);
  open.clear();
});

async function install(name: string, ...settings: readonly string[]): Promise<void> {
  open.add(name);
  await openShop(name);
  await installChart("headgate", `${name}-gate`, ...QUICK, ...settings);
}

async function statusIp(name: string): Promise<string> {
  const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
  const read = ["get", "ingress", "steady", "--namespace", `${name}-shop`, "--output", path];
  return await until("the status", async () => (await kube(read)) || null);
}

/** All of them, in any order, within a few seconds. */
async function statusIs(name: string, addresses: readonly string[]): Promise<void> {
  const path = "jsonpath={.status.loadBalancer.ingress[*].ip}";
  const read = ["get", "ingress", "steady", "--namespace", `${name}-shop`, "--output", path];
  const wanted = addresses.toSorted().join(" ");
  const look = async (): Promise<true | null> =>
    (await kube(read)).split(" ").sort().join(" ") === wanted ? true : null;
  await until(`the addresses ${wanted}`, look, SOON_MS);
}

async function setNodeAddress(node: string, address: string): Promise<void> {
  const patch = JSON.stringify({ status: { addresses: [{ type: "InternalIP", address }] } });
  // A merge patch: the strategic one would keep the address before.
  await kube(["patch", "node", node, "--subresource=status", "--type=merge", "--patch", patch]);
}

async function servesWithoutFailure(name: string, address: string): Promise<void> {
  const target = { address, port: 80 };
  await until("the Ingress to be served", async () =>
    (await get(target, `${name}.test`, "/")).status === 200 ? 1 : null,
  );
  await using load = SteadyLoad.start({ host: `${name}.test`, path: "/", clients: 2, target: () => target });
  await load.untilMore(ENOUGH);
  expect(load.failures).toEqual([]);
}

describe("the chart serves, writes statuses, and is refused nothing that it needs", () => {
  test("with Roles only, in one namespace, without listing Secrets and without IngressClasses", async () => {
    const scoped = ["rbac.scope=true", "rbac.listSecrets=false", "controller.scope.enabled=true"];
    const byName = ["controller.ingressClassResource.enabled=false", "controller.ingressClassByName=true"];
    const rest = ["controller.scope.namespace=scoped-shop", "controller.admissionWebhooks.enabled=false"];
    await install("scoped", ...[...scoped, ...byName, ...rest].flatMap((setting) => ["--set", setting]));
    // Without the right to read IngressClasses only the annotation says whose an Ingress is, as in ingress-nginx.
    const metadata = { annotations: { "kubernetes.io/ingress.class": "nginx" } };
    const patch = JSON.stringify({ metadata, spec: { ingressClassName: null } });
    await kube(["patch", "ingress", "steady", "--namespace", "scoped-shop", "--type=merge", "--patch", patch]);
    const address = await balancerAddress("scoped-gate", "headgate-controller");
    await servesWithoutFailure("scoped", address);
    expect(await statusIp("scoped")).toBe(address);
    // What may not be listed is found out by asking, and by nothing else.
    const asked = ["list /apis/networking.k8s.io/v1/ingressclasses", "list /api/v1/namespaces/scoped-shop/secrets"];
    expect(asked).toEqual(expect.arrayContaining([...refusedRequests("scoped-gate")]));
  });

  test("on the network of every node, as values-hostnetwork.yaml has it", async () => {
    await install("nodes", "--values", HOST_NETWORK);
    for (const { address } of NODES) await servesWithoutFailure("nodes", address);
    const addresses = NODES.map(({ address }) => address);
    await statusIs("nodes", addresses);
    await setNodeAddress(NODES[0].name, MOVED);
    await statusIs("nodes", [MOVED, addresses[1] ?? ""]);
    await setNodeAddress(NODES[0].name, NODES[0].address);
    await statusIs("nodes", addresses);
    expect(refusedRequests("nodes-gate")).toEqual([]);
  });
});
