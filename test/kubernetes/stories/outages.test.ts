import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SteadyLoad } from "../../support/clients/steady-load.ts";
import { get } from "../../support/clients/raw-client.ts";
import { testCa } from "../../support/builders/test-certificates.ts";
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
import { Contact, type ContactReading, RECOVERY_SECONDS } from "../contact.ts";

/** For whatever has to come after an outage. */
const LIMIT_MS = 20_000;
/** Watches end at once when the server stops in order, and not a minute later. */
const PROMPT = "--shutdown-watch-termination-grace-period=1s";

let load: SteadyLoad;
let target: { readonly address: string; readonly port: number };
let contact: Contact;

beforeAll(async () => {
  await kube("create namespace shop");
  await apply(...application("shop", "web"), ingress("shop", "web", "web.test", { service: "web" }));
  await installChart("headgate", "headgate");
  target = { address: await balancerAddress("headgate", "headgate-controller"), port: 80 };
  contact = await Contact.open("headgate");
  await until("the Ingress to be served", async () =>
    (await get(target, "web.test", "/")).status === 200 ? true : null,
  );
  await order("apiserver/kill");
  await order("apiserver/start", PROMPT);
  await contact.untilFollowed();
  load = SteadyLoad.start({ host: "web.test", path: "/", clients: 2, target: () => target });
});
afterAll(async () => {
  await load.stop();
  await removeAll("headgate", "headgate", "shop");
});

/** A change made now is live, every kind is followed, and was so in time; no request was lost. */
async function expectRecovered(what: string): Promise<ContactReading> {
  const name = `after-${what.replaceAll(/[^a-z]+/g, "-")}`;
  const object = ingress("shop", name, `${name}.test`, { service: "web" });
  await until("the API server to take a change", async () => await apply(object), LIMIT_MS);
  const served = async (): Promise<true | null> =>
    (await get(target, `${name}.test`, "/")).status === 200 ? true : null;
  await until(`${name} to be served`, served, LIMIT_MS);
  const reading = await contact.untilFollowed();
  expect(reading.recoverySeconds).toBeLessThanOrEqual(RECOVERY_SECONDS);
  expect(load.failures).toEqual([]);
  return reading;
}

async function restart(): Promise<void> {
  await order("apiserver/kill");
  await order("apiserver/start", PROMPT);
}

describe("an API server that is", () => {
  test.each([
    ["killed for a minute", "apiserver/kill", 60_000],
    ["stopped in order", "apiserver/stop", 0],
  ])("%s costs no request, and every kind is followed again in time", async (what, leave, awayMs) => {
    const before = await contact.read();
    const beganMs = Date.now();
    await order(leave);
    await load.untilMore(300);
    await contact.untilNotFollowed();
    // Long enough for all pauses between attempts to have grown to their longest.
    await until("the time away to be over", async () => Date.now() >= beganMs + awayMs || null, awayMs + LIMIT_MS);
    await order("apiserver/start", PROMPT);
    const after = await expectRecovered(what);
    expect(after.outages).toBeGreaterThan(before.outages);
  });

  test("paused costs no request, and every kind is followed in time", async () => {
    await order("apiserver/pause");
    await load.untilMore(3_000);
    await order("apiserver/resume");
    await expectRecovered("paused");
  });

  test("compacted costs no request, and every kind is followed in time", async () => {
    await order("etcd/compact");
    await restart();
    await expectRecovered("compacted");
  });

  test("compacted while it was away costs no request, and every kind is followed in time", async () => {
    await order("apiserver/kill");
    await contact.untilNotFollowed();
    await order("etcd/compact");
    await order("apiserver/start", PROMPT);
    await expectRecovered("compacted away");
  });
});

describe("a controller", () => {
  test("whose roles are revoked and given back follows again in time", async () => {
    const bindings = JSON.parse(
      await kube("get clusterrolebindings --selector=app.kubernetes.io/instance=headgate --output json"),
    ) as { items: { metadata: { name: string } }[] };
    const names = bindings.items.map(({ metadata }) => metadata.name);
    expect(names.length).toBeGreaterThan(0);
    await kube(["delete", "clusterrolebinding", ...names]);
    await restart();
    await contact.untilNotFollowed();
    await load.untilMore(300);
    const clean = bindings.items.map((binding) => {
      const { name, labels } = binding.metadata as { name: string; labels?: object };
      return { ...binding, metadata: { name, labels } };
    });
    await apply(...clean);
    await expectRecovered("roles");
  });

  test.each(["token", "ca.crt"])(
    "whose %s is of no use any more follows again when the file is right",
    async (name) => {
      const path = contact.accountFile(name);
      const right = readFileSync(path);
      writeFileSync(path, name === "token" ? "dead" : testCa().certPem);
      try {
        await restart();
        await contact.untilNotFollowed();
        await load.untilMore(300);
      } finally {
        writeFileSync(path, right);
      }
      await expectRecovered(name);
    },
  );
});
