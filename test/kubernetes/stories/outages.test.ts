import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SteadyLoad } from "../../support/steady-load.ts";
import { get } from "../../support/raw-client.ts";
import {
  application,
  apply,
  balancerAddress,
  ingress,
  installChart,
  kube,
  order,
  removeAll,
  until,
} from "../cluster.ts";

let load: SteadyLoad;
let target: { readonly address: string; readonly port: number };

beforeAll(async () => {
  await kube("create namespace shop");
  await apply(...application("shop", "web"), ingress("shop", "web", "web.test", { service: "web" }));
  await installChart("headgate", "headgate");
  target = { address: await balancerAddress("headgate", "headgate-controller"), port: 80 };
  load = SteadyLoad.start({ host: "web.test", path: "/", clients: 2, target: () => target });
});
afterAll(async () => {
  await load.stop();
  await removeAll("headgate", "headgate", "shop");
});

describe("an API server that is", () => {
  test.each([
    ["killed", "apiserver/kill", "apiserver/start"],
    ["stopped in order", "apiserver/stop", "apiserver/start"],
    ["paused", "apiserver/pause", "apiserver/resume"],
  ])("%s costs no request, and changes are live again afterwards", async (what, leave, back) => {
    await order(leave);
    await load.untilMore(300);
    await order(back);
    const name = `after-${what.replaceAll(" ", "-")}`;
    await until("the API server to take a change", async () => {
      return await apply(ingress("shop", name, `${name}.test`, { service: "web" }));
    });
    await until(`${name} to be served`, async () => {
      const { status } = await get(target, `${name}.test`, "/");
      return status === 200 ? true : null;
    });
    expect(load.failures).toEqual([]);
  });

  test("compacted costs no request, and changes are live", async () => {
    await order("etcd/compact");
    await order("apiserver/kill");
    await order("apiserver/start");
    await apply(ingress("shop", "compacted", "compacted.test", { service: "web" }));
    await until("compacted to be served", async () =>
      (await get(target, "compacted.test", "/")).status === 200 ? true : null,
    );
    expect(load.failures).toEqual([]);
  });
});
