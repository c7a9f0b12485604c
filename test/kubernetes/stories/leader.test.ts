import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedRequests } from "../audit.ts";
import { apply, ingress, kube, order, until } from "../cluster.ts";
import { served, Story } from "../story.ts";

const TTL = "4s";
let story: Story;

beforeAll(async () => {
  story = await Story.open("leader", "--set", `controller.replicaCount=2,controller.electionTTL=${TTL}`);
});
afterAll(() => story[Symbol.asyncDispose]());

/** The pod that leads, as its Lease says. */
async function leader(): Promise<string> {
  const read = [
    "get",
    "lease",
    "headgate-leader",
    "--namespace",
    story.gate,
    "--output",
    "jsonpath={.spec.holderIdentity}",
  ];
  return await until("a leader", async () => (await kube(read)).split("_")[0] || null);
}

/** Prints after how long the status of a new Ingress is written. */
async function statusComes(name: string): Promise<void> {
  const read = [
    "get",
    "ingress",
    name,
    "--namespace",
    story.shop,
    "--output",
    "jsonpath={.status.loadBalancer.ingress[0].ip}",
  ];
  const look = async () => ((await kube(read)) === story.address ? true : null);
  await story.timed(`the status of ${name}, there`, () => until(`the status of ${name}`, look));
}

async function follows(name: string, before: string): Promise<void> {
  await apply(ingress(story.shop, name, `${name}.test`, { service: "web" }));
  await story.live(name, `${name}.test`, served);
  await statusComes(name);
  expect(await leader()).not.toBe(before);
}

describe("with two replicas, the other one leads and writes statuses after the leader was", () => {
  test("told to end, at once, since the Lease is given back", async () => {
    const before = await leader();
    await kube(["delete", "pod", before, "--namespace", story.gate, "--wait=false"]);
    await until("another leader", async () => ((await leader()) === before ? null : true));
    await follows("ended", before);
    await kube(["rollout", "status", "deployment/headgate-controller", "--namespace", story.gate, "--timeout=60s"]);
    expect(story.load.failures).toEqual([]);
  });

  test("paused for longer than the time it leads for, and it takes nothing back when it goes on", async () => {
    const before = await leader();
    const failed = story.load.failures.length;
    // A pod that is paused answers no probe: new connections go to the other. The two clients that were with it wait.
    await order("pod/signal", `${story.gate}/${before}`, "SIGSTOP");
    const taken = await until("another leader", async () => {
      const now = await leader();
      return now === before ? null : now;
    });
    await order("pod/signal", `${story.gate}/${before}`, "SIGCONT");
    await until("the pod to be ready again", async () => {
      const read = ["get", "pod", before, "--namespace", story.gate, "--output"];
      return (await kube([...read, "jsonpath={.status.containerStatuses[0].ready}"])) === "true" ? true : null;
    });
    await follows("paused", before);
    expect(await leader()).toBe(taken);
    const late = story.load.failures.slice(failed).filter((failure) => !failure.includes("in vain"));
    expect(late).toEqual([]);
  });

  test("killed, which costs the requests that it had, and no other", async () => {
    const before = await leader();
    const failed = story.load.failures.length;
    await order("pod/signal", `${story.gate}/${before}`, "SIGKILL");
    await until("another leader", async () => ((await leader()) === before ? null : true));
    await follows("killed", before);
    const lost = story.load.failures.length - failed;
    story.tell(`${lost} requests were lost with the process`);
    const settled = story.load.failures.length;
    await story.load.untilMore(100);
    expect(story.load.failures.length).toBe(settled);
  });

  test("and none of them asked for anything that the roles do not allow", () => {
    expect(refusedRequests(story.gate)).toEqual([]);
  });
});
