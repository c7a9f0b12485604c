import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SteadyLoad } from "../../support/clients/steady-load.ts";
import {
  application,
  apply,
  balancerAddress,
  helm,
  ingress,
  installChart,
  kube,
  removeAll,
  until,
  upgradeChart,
} from "../cluster.ts";

const SETTINGS = ["--set", "controller.replicaCount=2,controller.shutdownGracePeriod=2"];
/** It lasts as long as the controller drains, its grace period at least, and ends with the container's first process. */
const HOOK_RAN = /^kubelet: preStop \/wait-shutdown: (?:code 0|code 137|SIGKILL) after [2-9]\d{3,} ms$/;
let load: SteadyLoad;

beforeAll(async () => {
  await kube("create namespace shop");
  await apply(...application("shop", "web"), ingress("shop", "web", "web.test", { service: "web" }));
  await installChart("headgate", "headgate", ...SETTINGS);
  const target = { address: await balancerAddress("headgate", "headgate-controller"), port: 80 };
  load = SteadyLoad.start({ host: "web.test", path: "/", clients: 3, target: () => target });
});
afterAll(async () => {
  await load.stop();
  await removeAll("headgate", "headgate", "shop");
});

describe("while clients go on asking", () => {
  test("an upgrade with Helm costs not one request", async () => {
    const before = await pods();
    await upgradeChart("headgate", "headgate", ...SETTINGS, "--set-string", "controller.config.proxy-body-size=9m");
    await upgradeChart("headgate", "headgate", ...SETTINGS, "--set", "controller.podAnnotations.round=two");
    await until("the old pods to go", async () => ((await pods()).some((pod) => before.includes(pod)) ? null : true));
    // The kubelet's own SIGTERM comes after the chart's hook, which drained the controller.
    const hooks = before.map((pod) => kubeletLines(pod));
    expect(hooks.flat()).toEqual([0, 1].map(() => expect.stringMatching(HOOK_RAN)));
    await load.untilMore(200);
    expect(load.failures).toEqual([]);
  });

  test("a rollback costs not one request either", async () => {
    await helm("rollback", "headgate", "--namespace", "headgate", "--wait", "--timeout", "90s");
    await load.untilMore(200);
    expect(load.failures).toEqual([]);
  });

  test("a new version of the application costs not one request", async () => {
    await kube("rollout restart deployment/web --namespace shop");
    await kube("rollout status deployment/web --namespace shop --timeout=60s");
    await load.untilMore(200);
    expect(load.failures).toEqual([]);
  });
});

async function pods(): Promise<readonly string[]> {
  const names = await kube("get pods --namespace headgate --selector app.kubernetes.io/component=controller -o name");
  return names.split("\n").filter((name) => name !== "");
}

/** What the lab's kubelet wrote into the log of a pod. */
function kubeletLines(pod: string): readonly string[] {
  const path = join(process.env["HEADGATE_LAB"] ?? "", "pods", `headgate_${pod.replace("pod/", "")}.log`);
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line.startsWith("kubelet: "));
}
