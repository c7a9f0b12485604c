import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SteadyLoad } from "../../support/clients/steady-load.ts";
import { refusedRequests } from "../audit.ts";
import {
  application,
  apply,
  balancerAddress,
  ingress,
  installChart,
  kube,
  kubectl,
  manifest,
  removeAll,
  until,
} from "../cluster.ts";

const ENOUGH = 200;
let address = "";

beforeAll(async () => {
  await kube("create namespace shop");
  await apply(...application("shop", "web"));
  await installChart("headgate", "headgate", "--set", "controller.replicaCount=2");
  address = await balancerAddress("headgate", "headgate-controller");
});
afterAll(() => removeAll("headgate", "headgate", "shop"));

describe("the chart, installed by Helm in a cluster", () => {
  test("serves an Ingress that kubectl creates, and writes the balancer's address into its status", async () => {
    await apply(ingress("shop", "web", "web.test", { service: "web" }));
    const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
    const get = ["get", "ingress", "web", "-n", "shop", "-o", path];
    expect(await until("the status", async () => (await kube(get)) || null)).toBe(address);
    const target = { address, port: 80 };
    await using load = SteadyLoad.start({ host: "web.test", path: "/", clients: 2, target: () => target });
    await load.untilMore(ENOUGH);
    expect(load.failures).toEqual([]);
    expect(load.bodies.size).toBe(2);
  });

  test("refuses through the API server what would be closed, with a reason that names the annotation", async () => {
    const annotations = { "nginx.ingress.kubernetes.io/configuration-snippet": "deny all;" };
    const bad = manifest([ingress("shop", "bad", "bad.test", { service: "web", annotations })]);
    const { code, stderr } = await kubectl("apply -f -", bad);
    expect(code).not.toBe(0);
    expect(stderr).toContain("denied the request");
    expect(stderr).toContain("nginx.ingress.kubernetes.io/configuration-snippet");
  });

  test("asks the API server for nothing that its roles do not allow", () => {
    expect(refusedRequests("headgate")).toEqual([]);
  });
});
