import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedRequests } from "../audit.ts";
import { application, apply, ingress, kube, manifest, until } from "../cluster.ts";
import { notServed, served, Story } from "../story.ts";

const COUNT = 100;
const STATUSES = 300;
const MANY_PATHS = 6_000;
let story: Story;

/** Without the webhook, which refuses so many paths. */
beforeAll(async () => {
  story = await Story.open("many", "--set", "controller.admissionWebhooks.enabled=false");
});
afterAll(() => story[Symbol.asyncDispose]());

describe("a namespace of 100 Ingresses", () => {
  test("that is deleted and made again is gone and back, and costs others no request", async () => {
    for (const round of ["first", "second"]) {
      const hosts = Array.from({ length: COUNT }, (_, index) => `crowd-${index}`);
      await kube("create namespace many-crowd");
      const ingresses = hosts.map((host) => ingress("many-crowd", host, `${host}.test`, { service: "web" }));
      await kube("create -f -", manifest([...application("many-crowd", "web", 1), ...ingresses]));
      await story.live(`${round} time, the last of ${COUNT}`, `crowd-${COUNT - 1}.test`, served);
      await kube("delete deployment,pod --all --namespace many-crowd --grace-period=1");
      await story.timed("the namespace, gone", () => kube("delete namespace many-crowd --timeout=60s"));
      await story.live("the last one, gone", `crowd-${COUNT - 1}.test`, notServed);
    }
    expect(story.load.failures).toEqual([]);
  });
});

describe("6,000 paths in one Ingress", () => {
  test("are all served where no webhook refuses them, or the Ingress says what is not", async () => {
    const backend = { service: { name: "web", port: { number: 80 } } };
    const paths = Array.from({ length: MANY_PATHS }, (_, index) => ({
      path: `/p${index}`,
      pathType: "Prefix",
      backend,
    }));
    const metadata = { name: "six", namespace: story.shop };
    const spec = { ingressClassName: "nginx", rules: [{ host: "six.test", http: { paths } }] };
    await kube("create -f -", manifest([{ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec }]));
    await story.live("the first of 6,000 paths", "six.test", served, "/p0");
    await story.live("the last of 6,000 paths", "six.test", served, `/p${MANY_PATHS - 1}`);
    expect(story.load.failures).toEqual([]);
  });
});

describe("the statuses of 300 Ingresses", () => {
  test("are written by the leader, and cleared by the last pod when it is told to end", async () => {
    const all = Array.from({ length: STATUSES }, (_, index) =>
      ingress(story.shop, `status-${index}`, `status-${index}.test`, { service: "web" }),
    );
    await apply(...all);
    await story.timed(`${STATUSES} statuses, there`, () => untilStatuses((count) => count >= STATUSES));
    await story.load.stop();
    await kube(["scale", "deployment/headgate-controller", "--namespace", story.gate, "--replicas=0"]);
    await story.timed("all of them, cleared", () => untilStatuses((count) => count === 0));
    expect(refusedRequests(story.gate)).toEqual([]);
  });
});

async function untilStatuses(enough: (count: number) => boolean): Promise<void> {
  const path = 'jsonpath={range .items[*]}{.status.loadBalancer.ingress[0].ip}{"\\n"}{end}';
  await until("the statuses", async () => {
    const text = await kube(["get", "ingress", "--namespace", story.shop, "--output", path]);
    return enough(text.split("\n").filter((line) => line !== "").length) ? true : null;
  });
}
