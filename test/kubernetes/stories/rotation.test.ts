import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apply, ingress, kube, order, until } from "../cluster.ts";
import { Contact, RECOVERY_SECONDS } from "../contact.ts";
import { LAB } from "../lab/addresses.ts";
import { SERVER_AUTHORITY } from "../lab/certificates.ts";
import { served, Story } from "../story.ts";

const PKI = join(process.env["HEADGATE_LAB"] ?? "", "pki");
const QUICK_LOOK_MS = 20;
const LIMIT_MS = 30_000;
/** The API server gives no token for less than ten minutes; the lab signs with the same key. */
const SHORT_SECONDS = 5;
const ROTATIONS = 4;
let story: Story;
let contact: Contact;
let pod: string;

beforeAll(async () => {
  story = await Story.open("rotation");
  contact = await Contact.open(story.gate);
  pod = `${story.gate}/${contact.pod}`;
});
afterAll(() => story[Symbol.asyncDispose]());

/** Now server and files are right: every kind is followed in time, a change is live, its status written, and nothing was lost. */
async function expectRecovered(name: string): Promise<void> {
  await story.timed(`${name}: followed`, () => contact.untilFollowed(RECOVERY_SECONDS * 1_000));
  await isLiveAndWritten(name);
  expect(story.load.failures).toEqual([]);
}

/** The webhook is asked, the change is heard, and the status written: all with what the files say now. */
async function isLiveAndWritten(name: string): Promise<void> {
  await apply(ingress(story.shop, name, `${name}.test`, { service: "web" }));
  await story.live(name, `${name}.test`, served);
  const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
  const read = ["get", "ingress", name, "--namespace", story.shop, "--output", path];
  await until(`the status of ${name}`, async () => ((await kube(read)) === story.address ? true : null));
}

function fileIs(name: string, content: () => string): Promise<true> {
  const look = (): true | null => (readFileSync(contact.accountFile(name), "utf8") === content() ? true : null);
  return until(`another ${name}`, async () => await Promise.resolve(look()), LIMIT_MS, QUICK_LOOK_MS);
}

describe("another authority of the API server", () => {
  const authority = (): string => readFileSync(join(PKI, SERVER_AUTHORITY), "utf8");

  test("that comes with the ServiceAccount's ca.crt is trusted as soon as the file is there, and costs no request", async () => {
    const before = authority();
    await order("authority/replace");
    expect(authority()).not.toBe(before);
    await fileIs("ca.crt", authority);
    await expectRecovered("with-ca");
  });

  test("that comes before the ca.crt is not trusted, is told as that, and costs no request", async () => {
    await order("pod/hold", pod);
    await order("authority/replace");
    await contact.untilNotFollowed();
    await story.load.untilMore(2_000);
    expect((await contact.read()).followed).toBe(0);
    expect(contact.log()).toMatch(/no answer from the API server/);
    expect(contact.log()).toMatch(/certificate/);
    await order("pod/release", pod);
    await expectRecovered("late-ca");
  });
});

describe("the token of the ServiceAccount", () => {
  test("is used as it is renewed, without a gap and without a refusal", async () => {
    const before = await contact.read();
    const refused = await refusedTokens();
    await order("pod/tokens", pod, String(SHORT_SECONDS));
    for (let round = 0; round < ROTATIONS; round++) {
      const token = readFileSync(contact.accountFile("token"), "utf8");
      const changed = (): true | null => (readFileSync(contact.accountFile("token"), "utf8") === token ? null : true);
      await until("the next token", async () => await Promise.resolve(changed()), LIMIT_MS, QUICK_LOOK_MS);
      await isLiveAndWritten(`token-${round}`);
    }
    // Longer than any of them lived, and than the API server remembers one.
    expect((await contact.read()).outages).toBe(before.outages);
    expect(await refusedTokens()).toBe(refused);
    expect(story.load.failures).toEqual([]);
  });

  test("that came to its end is told, and the next one is used as soon as it is there", async () => {
    await order("pod/tokens", pod, "1");
    await order("pod/hold", pod);
    const token = readFileSync(contact.accountFile("token"), "utf8");
    const hasEnded = async (): Promise<true | null> => ((await statusFor(token)) === 401 ? true : null);
    await story.timed("the end of the token", () => until("the end of the token", hasEnded));
    await order("service/cut", "default/kubernetes");
    await contact.untilNotFollowed();
    const told = "the token or client certificate is expired";
    const isTold = async (): Promise<true | null> => await Promise.resolve(contact.log().includes(told) ? true : null);
    await story.timed("the reason, told", () => until("the reason in the log", isTold));
    expect(contact.log()).toContain("AccessRefused");
    await order("pod/tokens", pod, String(SHORT_SECONDS));
    await order("pod/release", pod);
    await expectRecovered("next-token");
  });
});

/** So many authentications failed at the API server. */
async function refusedTokens(): Promise<number> {
  const lines = (await kube("get --raw /metrics")).split("\n");
  const counts = lines.filter((line) => /^authentication_attempts\{.*result="(?:failure|error)"/.test(line));
  return counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

async function statusFor(token: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { Authorization: `Bearer ${token}` };
  const ca = readFileSync(join(PKI, SERVER_AUTHORITY));
  const asked = request({ host: LAB.server, port: LAB.apiPort, path: "/api", headers, ca, agent: false }, (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  asked.on("error", reject);
  asked.end();
  return await promise;
}
