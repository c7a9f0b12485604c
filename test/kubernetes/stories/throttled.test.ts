import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ClientRequest } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedRequests, requestsAnswered } from "../audit.ts";
import { apply, ingress, kube, order, until } from "../cluster.ts";
import { Contact, KINDS, RECOVERY_SECONDS } from "../contact.ts";
import { LAB } from "../lab/addresses.ts";
import { SERVER_AUTHORITY } from "../lab/certificates.ts";
import { served, Story } from "../story.ts";

const FLOWS = "flowcontrol.apiserver.k8s.io/v1";
const TOO_MANY = 429;
const NAME = "throttle-everything-of-headgate";
const LIMIT_MS = 90_000;
/** Who is refused is told so at once. */
const ACCEPTED_MS = 500;
/** After which a write that is refused for other reasons is left for the next round. */
const STATUS_TRIES = 5;
let story: Story;
let contact: Contact;

beforeAll(async () => {
  story = await Story.open("throttled", "--set", "controller.electionTTL=8s");
  contact = await Contact.open(story.gate);
});
afterAll(() => story[Symbol.asyncDispose]());

/**
 * The requests with these verbs of the controller's ServiceAccount and of one more share a level without seats, until it is disposed of. A
 * request that finds it empty gets in nevertheless: the other account sends one that never ends.
 */
async function throttle(...verbs: readonly string[]): Promise<AsyncDisposable> {
  const metadata = { name: NAME };
  const own = { name: "occupant", namespace: story.shop };
  const limited = { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0 };
  const level = { type: "Limited", limited: { ...limited, limitResponse: { type: "Reject" } } };
  const subjects = [`system:serviceaccounts:${story.gate}`, `system:serviceaccounts:${story.shop}`];
  const groups = subjects.map((name) => ({ kind: "Group", group: { name } }));
  const all = { verbs, apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true };
  const rules = [{ subjects: groups, resourceRules: [all] }];
  const spec = { priorityLevelConfiguration: metadata, matchingPrecedence: 2, rules };
  const mayCreate = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["create"] }];
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: own };
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: own.name };
  await apply(
    { apiVersion: FLOWS, kind: "PriorityLevelConfiguration", metadata, spec: level },
    { apiVersion: FLOWS, kind: "FlowSchema", metadata, spec },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: own },
    { ...rbac, kind: "Role", rules: mayCreate },
    { ...rbac, kind: "RoleBinding", roleRef, subjects: [{ kind: "ServiceAccount", ...own }] },
  );
  const occupant = await occupy();
  return {
    [Symbol.asyncDispose]: async () => {
      await kube(["delete", "flowschema,prioritylevelconfiguration", NAME, "--ignore-not-found"]);
      occupant.destroy();
    },
  };
}

/** Begins to create a ConfigMap and does not say which; tries until that is what occupies the level. */
async function occupy(): Promise<ClientRequest> {
  const token = (await kube(["create", "token", "occupant", "--namespace", story.shop])).trim();
  return await until("the level to be occupied", async () => {
    const sent = request({
      host: LAB.server,
      port: LAB.apiPort,
      path: `/api/v1/namespaces/${story.shop}/configmaps`,
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Content-Length": "2" },
      ca: readFileSync(join(process.env["HEADGATE_LAB"] ?? "", "pki", SERVER_AUTHORITY)),
    });
    sent.on("error", () => {});
    sent.flushHeaders();
    const refused = once(sent, "response", { signal: AbortSignal.timeout(ACCEPTED_MS) });
    const isRefused = await refused.then(
      () => true,
      () => false,
    );
    if (isRefused) sent.destroy();
    return isRefused ? null : sent;
  });
}

/** `verb path` of what was refused since `from` refusals, once each of the verbs was so many times. */
async function untilRefused(wanted: Readonly<Record<string, number>>, from: number): Promise<readonly string[]> {
  return await until(`${JSON.stringify(wanted)} to be refused`, async () => {
    const refused = requestsAnswered(story.gate, TOO_MANY).slice(from);
    const count = (verb: string): number => refused.filter((request) => request.startsWith(`${verb} `)).length;
    return Object.entries(wanted).every(([verb, times]) => count(verb) >= times) ? [...new Set(refused)] : null;
  });
}

async function statusComes(name: string): Promise<void> {
  const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
  const read = ["get", "ingress", name, "--namespace", story.shop, "--output", path];
  const look = async (): Promise<true | null> => ((await kube(read)) === story.address ? true : null);
  await story.timed(`the status of ${name}, there`, () => until(`the status of ${name}`, look, LIMIT_MS));
}

describe("a controller that API priority and fairness refuses", () => {
  test("the writing of statuses and Events goes on following, and writes the statuses when it may", async () => {
    await using throttled = await throttle("create", "patch");
    await apply(ingress(story.shop, "unwritten", "unwritten.test", { service: "web" }));
    await story.live("an Ingress", "unwritten.test", served);
    story.tell((await untilRefused({ patch: STATUS_TRIES + 1 }, 0)).join(", "));
    await throttled[Symbol.asyncDispose]();
    await statusComes("unwritten");
    expect((await contact.read()).outages).toBe(0);
    expect(story.load.failures).toEqual([]);
  });

  test("everything goes on serving, follows every kind as soon as it may, and so does a replica that starts", async () => {
    const replicas = ["scale", "deployment/headgate-controller", "--namespace", story.gate];
    const before = requestsAnswered(story.gate, TOO_MANY).length;
    await using throttled = await throttle("*");
    // Watches that are open are left alone by the API server.
    await order("service/cut", "default/kubernetes");
    await contact.untilNotFollowed();
    await kube([...replicas, "--replicas=2"]);
    await apply(ingress(story.shop, "meanwhile", "meanwhile.test", { service: "web" }));
    story.tell((await untilRefused({ watch: 3 * KINDS, list: 3 * KINDS, get: 1 }, before)).join(", "));
    expect(story.load.failures).toEqual([]);
    await throttled[Symbol.asyncDispose]();
    const after = await story.timed("every kind, followed", () => contact.untilFollowed(LIMIT_MS));
    story.tell(`of which since the first good answer: ${after.recoverySeconds} s`);
    expect(after.recoverySeconds).toBeLessThanOrEqual(RECOVERY_SECONDS);
    await story.live("what came meanwhile", "meanwhile.test", served);
    await story.timed("the new replica, ready", () => kube(["rollout", "status", ...replicas.slice(1)]));
    await statusComes("meanwhile");
    expect(story.load.failures).toEqual([]);
  });

  test("says that it has to wait, and not that it is not allowed", () => {
    const log = contact.log();
    expect(log).toContain("HTTP 429");
    expect(log).not.toContain("AccessRefused");
    expect(refusedRequests(story.gate)).toEqual([]);
  });
});
