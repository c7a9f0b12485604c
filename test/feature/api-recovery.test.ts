import { describe, expect, test } from "vitest";
import type { Logger } from "../../src/lib/logger.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { type ApiSourceHarness, openApiSourceHarness, QUICK_TIMING } from "../support/servers/api-source-harness.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import type { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import type { RecordingListener } from "../support/servers/recording-listener.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

/** Nobody waits so long in a test: what happens nevertheless did not wait. */
const HOUR_MS = 3_600_000;
const ONLY_WOKEN = { ...QUICK_TIMING, backOffFirstMs: HOUR_MS, backOffMaxMs: HOUR_MS };
const PLURALS = ["configmaps", "endpointslices", "ingresses", "ingressclasses", "secrets", "services"] as const;

function countOf(server: FakeApiServer, part: string): number {
  return server.requests.filter(({ url }) => url.includes(part)).length;
}

function allFollowed({ server, source }: ApiSourceHarness): boolean {
  const followed = source.followed();
  const open = PLURALS.every((plural) => server.watches.count(plural) === 1);
  return open && followed.size === PLURALS.length && [...followed.values()].every(Boolean);
}

/** Follows everything, on a clock that stands still: what the server of the start is told is long ago. */
async function openFollowing(timing = ONLY_WOKEN, logger: Logger = silentLogger) {
  const clock = new FakeClock();
  const harness = await openApiSourceHarness({ timing, clock, logger });
  await untilTrue(() => allFollowed(harness));
  clock.advance(60_000);
  return { harness, clock };
}

function failuresOf({ source }: ApiSourceHarness): number {
  return [...source.stats().values()].reduce((sum, { failures }) => sum + failures, 0);
}

/** Whatever was told as a problem, if only for a moment. */
function toldProblems({ calls }: RecordingListener): readonly string[] {
  return calls.filter((call) => call.startsWith("problems "));
}

function cutAll({ server }: ApiSourceHarness): void {
  for (const verb of ["list", "watch"] as const) server.faults.always(verb, { kind: "reset" });
  server.watches.breakAll("reset");
}

describe("after an outage", () => {
  test("the first good answer, whoever gets it, lets every kind be followed at once", async () => {
    await using harness = (await openFollowing()).harness;
    const { server, source } = harness;
    cutAll(harness);
    await untilTrue(() => failuresOf(harness) >= PLURALS.length);
    expect([...source.followed().values()]).not.toContain(true);
    server.faults.clear();
    await source.fetch("Secret", "shop/absent", () => true);
    await untilTrue(() => allFollowed(harness));
    expect(source.recovery).toEqual({ outages: 1, recoveryMs: 0 });
  });

  test("the metric tells the time from the first good answer until the last kind is followed", async () => {
    const opened = await openFollowing();
    await using harness = opened.harness;
    const { server, source } = harness;
    cutAll(harness);
    await untilTrue(() => failuresOf(harness) >= PLURALS.length);
    expect(source.recovery).toEqual({ outages: 1, recoveryMs: 0 });
    server.faults.clear();
    server.faults.next("watch", { kind: "hang" }, "services");
    await source.fetch("Secret", "shop/absent", () => true);
    await untilTrue(() => [...source.followed()].filter(([, followed]) => !followed).length === 1);
    opened.clock.advance(700);
    expect(source.recovery).toEqual({ outages: 1, recoveryMs: 700 });
  });

  test("a connection that says nothing since before is not trusted", async () => {
    await using harness = (await openFollowing()).harness;
    const { server, source, listener } = harness;
    server.watches.silence(true);
    server.put({ kind: "Service", metadata: { name: "unheard", namespace: "shop" }, spec: { ports: [{ port: 80 }] } });
    server.watches.silence(false);
    server.watches.breakAll("reset", "secrets");
    await untilTrue(() => failuresOf(harness) === 1);
    await source.fetch("Secret", "shop/absent", () => true);
    await listener.until(() => listener.objects.has("Service shop/unheard"), "what the silent watch did not tell");
    await untilTrue(() => allFollowed(harness));
  });

  test("a server that has not read its rules yet is asked again soon, and its refusal is not told", async () => {
    await using harness = (await openFollowing()).harness;
    const { server, source, listener } = harness;
    cutAll(harness);
    await untilTrue(() => failuresOf(harness) >= PLURALS.length);
    server.faults.clear();
    for (const plural of ["services", "secrets"]) {
      for (let left = 0; left < 2; left++) server.faults.next("watch", { kind: "status", status: 403 }, plural);
    }
    await source.fetch("ConfigMap", "shop/absent", () => true);
    await untilTrue(() => allFollowed(harness));
    expect(countOf(server, "/services?watch=1")).toBeGreaterThanOrEqual(4);
    expect(toldProblems(listener)).toEqual([]);
  });

  test("a refusal that stays is told once the server had the time to read its rules, and without a doubt", async () => {
    const opened = await openFollowing();
    await using harness = opened.harness;
    const { server, source, listener } = harness;
    cutAll(harness);
    await untilTrue(() => failuresOf(harness) >= PLURALS.length);
    server.faults.clear();
    server.faults.always("watch", { kind: "status", status: 403 }, "services");
    await source.fetch("ConfigMap", "shop/absent", () => true);
    const before = countOf(server, "/services?watch=1");
    await untilTrue(() => countOf(server, "/services?watch=1") > before + 1);
    expect(toldProblems(listener)).toEqual([]);
    opened.clock.advance(11_000);
    await listener.until(() => listener.problemsByKey.size > 0, "the refusal as a problem");
    const [problem] = [...listener.problemsByKey.values()].flat();
    expect(problem?.message).toContain("no role allows it");
    expect(problem?.message).not.toContain("may not have read its rules");
  });
});

describe("a server that takes no requests for now (429)", () => {
  const tooMany = (retryAfterSeconds: number) => ({ kind: "status", status: 429, retryAfterSeconds }) as const;

  test("is asked by all as soon as one of those who had to wait gets an answer", async () => {
    await using harness = await openApiSourceHarness({ timing: QUICK_TIMING }, (server) => {
      server.faults.next("list", tooMany(1), "endpointslices");
      for (const plural of ["services", "ingresses", "secrets"]) server.faults.next("list", tooMany(30), plural);
    });
    await untilTrue(() => allFollowed(harness));
    expect(countOf(harness.server, "/services?limit=")).toBe(2);
    expect(toldProblems(harness.listener)).toEqual([]);
  });
});

describe("a position that is too old", () => {
  test.each(["status", "event"] as const)("lists at once, without a pause (as %s)", async (goneAs) => {
    await using harness = (await openFollowing()).harness;
    const { server, listener } = harness;
    server.goneAs = goneAs;
    server.watches.breakAll("gone-event");
    server.put({ kind: "Service", metadata: { name: "web", namespace: "shop" }, spec: { ports: [{ port: 80 }] } });
    await listener.until(() => listener.objects.has("Service shop/web"), "the Service of the new list");
    await untilTrue(() => allFollowed(harness));
    expect(failuresOf(harness)).toBe(0);
  });

  test("and is too old again right after the list does not list for ever", async () => {
    await using harness = (await openFollowing()).harness;
    const { server } = harness;
    const before = countOf(server, "/services?limit=");
    server.faults.always("watch", { kind: "status", status: 410 }, "services");
    server.watches.breakAll("gone-event");
    await untilTrue(() => failuresOf(harness) === 1);
    expect(countOf(server, "/services?limit=") - before).toBe(1);
  });
});

describe("a watch that is quiet", () => {
  test("is opened again from where it was, without a warning", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
    await using harness = (await openFollowing({ ...ONLY_WOKEN, watchIdleMs: 100 }, logger)).harness;
    await untilTrue(() => countOf(harness.server, "/services?watch=1") > 3);
    expect(failuresOf(harness)).toBe(0);
    expect(warnings).toEqual([]);
    expect(countOf(harness.server, "/services?limit=")).toBe(1);
    expect(harness.source.recovery.outages).toBe(0);
  });
});

describe("a refusal says what is wrong:", () => {
  test.each([
    [401, "the API server does not know who asks"],
    [403, "no role allows it"],
  ])("%i", async (status, words) => {
    const opened = await openFollowing({ ...QUICK_TIMING });
    await using harness = opened.harness;
    const { server, listener } = harness;
    server.faults.always("watch", { kind: "status", status }, "services");
    server.watches.breakAll("end");
    await listener.until(() => listener.problemsByKey.has("Watch /api/v1/services"), "the refusal as a problem");
    const [problem] = listener.problemsByKey.get("Watch /api/v1/services") ?? [];
    expect(problem).toMatchObject({ reason: "AccessRefused", severity: "error" });
    expect(problem?.message).toContain(words);
    expect(problem?.message).not.toContain("may not have read its rules");
  });
});
