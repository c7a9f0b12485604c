import { describe, expect, test } from "vitest";
import { EMPTY_DELTA } from "../../src/model/delta.ts";
import {
  KINDS,
  type ModelTranslation,
  type ModelTranslator,
  type ObjectSource,
  type SourceListener,
} from "../../src/controller/source.ts";
import type { Change, Snapshot } from "../../src/kubernetes/snapshot.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import type { Problem } from "../../src/model/problem.ts";
import { startController } from "../support/servers/controller-harness.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import { ingress, secret, service } from "../support/builders/kubernetes-objects.ts";
import { manyTurns, untilTrue } from "../support/waiting/waiting.ts";

const HOUR_MS = 3_600_000;

/** A source that a test speaks through. */
class HandSource implements ObjectSource {
  readonly name = "hand";
  readonly fetched: string[] = [];
  stopped = 0;
  onFetch: () => Promise<void> = () => Promise.resolve();
  #listener: SourceListener | null = null;

  start(listener: SourceListener): void {
    this.#listener = listener;
  }

  get say(): SourceListener {
    if (this.#listener === null) throw new Error("not started");
    return this.#listener;
  }

  syncAll(): void {
    for (const kind of KINDS) this.say.synced(kind);
  }

  fetch(kind: string, key: string): Promise<void> {
    this.fetched.push(`${kind} ${key}`);
    return this.onFetch();
  }

  tells(): boolean {
    return true;
  }

  stop(): Promise<void> {
    this.stopped++;
    return Promise.resolve();
  }
}

const NOTHING: ModelTranslation = {
  delta: EMPTY_DELTA,
  problems: new Map(),
  newReferences: [],
  served: { added: [], removed: [] },
};

/** Makes a virtual host of every Ingress, and a certificate of a Secret it was told of. */
class ToyTranslator implements ModelTranslator {
  readonly seen: (readonly Change[])[] = [];
  readonly referenced = new Set<string>();
  references: ModelTranslation["newReferences"] = [];
  failsOn: string | null = null;

  update(snapshot: Snapshot, changes: readonly Change[]): ModelTranslation {
    this.seen.push(changes);
    if (changes.some((change) => change.key === this.failsOn)) throw new Error("a bug");
    const newReferences = this.references;
    this.references = [];
    for (const { kind, key } of newReferences) this.referenced.add(`${kind} ${key}`);
    const hosts = changes
      .filter((change) => change.kind === "Ingress")
      .map(({ key, after }) => [key, after === undefined ? null : toyHost(key)] as const);
    const certificate = snapshot.get("Secret", "shop/tls");
    const certificates = new Map(certificate === undefined ? [] : [["shop/tls", null] as const]);
    return { ...NOTHING, delta: { ...NOTHING.delta, virtualHosts: new Map(hosts), certificates }, newReferences };
  }

  isReferenced(kind: string, key: string): boolean {
    return this.referenced.has(`${kind} ${key}`);
  }
}

function toyHost(id: string): { id: string; regexMode: boolean; routes: []; certificate: null; filters: object } {
  return { id, regexMode: false, routes: [], certificate: null, filters: {} };
}

function problem(message: string): Problem {
  return {
    severity: "error",
    reason: "Test",
    source: { kind: "Ingress", namespace: "shop", name: "web" },
    field: "",
    value: "",
    message,
    effect: "none",
  };
}

async function openLoop(
  clock: Clock = systemClock,
): Promise<{ source: HandSource; translator: ToyTranslator } & ReturnType<typeof startController>> {
  const source = new HandSource();
  const translator = new ToyTranslator();
  return { source, translator, ...startController([source], translator, clock) };
}

describe("before the first sync", () => {
  test("nothing is published until every kind of every source has been delivered", async () => {
    const [first, second] = [new HandSource(), Object.assign(new HandSource(), { name: "other" })];
    const translator = new ToyTranslator();
    await using loop = startController([first, second], translator);
    first.say.upsert(ingress("shop/web"));
    first.syncAll();
    for (const kind of KINDS.slice(1)) second.say.synced(kind);
    second.say.problems("File x", [problem("told at once")]);
    await untilTrue(() => loop.problems.size === 1);
    expect([translator.seen.length, loop.sink.deltas.length, loop.controller.synced]).toEqual([0, 0, false]);
    second.say.synced(KINDS[0]);
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    expect([loop.sink.deltas.length, loop.controller.synced, loop.controller.generation]).toEqual([1, true, 1]);
  });

  test("an empty cluster is a model too", async () => {
    await using loop = await openLoop();
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    expect(loop.sink.deltas).toHaveLength(1);
  });

  test("waiting for it can be given up", async () => {
    await using loop = await openLoop();
    await expect(loop.controller.whenSynced(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    const later = new AbortController();
    const waiting = loop.controller.whenSynced(later.signal);
    later.abort(new Error("enough now"));
    await expect(waiting).rejects.toThrow("enough now");
  });
});

describe("the loop", () => {
  test("changes of a burst become one translation and one publication", async () => {
    await using loop = await openLoop();
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    for (let i = 0; i < 50; i++) loop.source.say.upsert(ingress(`shop/web-${i}`));
    await loop.sink.until(() => loop.sink.virtualHosts.size === 50, "all hosts");
    expect([loop.translator.seen.length, loop.sink.deltas.length]).toEqual([2, 2]);
    expect(loop.controller.lastAppliedAtMs).toBeGreaterThan(0);
  });

  test("a change after a pause is published at once, the next one only after the hold-off", async () => {
    const clock = new FakeClock();
    const source = new HandSource();
    await using loop = startController([source], new ToyTranslator(), clock, HOUR_MS);
    source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    clock.advance(HOUR_MS);
    source.say.upsert(ingress("shop/web"));
    await loop.sink.until(() => loop.sink.virtualHosts.has("shop/web"), "the first change");
    source.say.upsert(ingress("shop/api"));
    await manyTurns();
    expect(loop.sink.virtualHosts.has("shop/api")).toBe(false);
  });

  test("changes without effect on the model publish nothing", async () => {
    await using loop = await openLoop();
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    loop.source.say.upsert(service("shop/web"));
    await untilTrue(() => loop.translator.seen.length === 2);
    expect(loop.sink.deltas).toHaveLength(1);
  });

  test("a translation that throws costs its changes only", async () => {
    await using loop = await openLoop();
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    loop.translator.failsOn = "shop/bad";
    loop.source.say.upsert(ingress("shop/bad"));
    await untilTrue(() => loop.controller.failures === 1);
    loop.source.say.upsert(ingress("shop/good"));
    await loop.sink.until(() => loop.sink.virtualHosts.has("shop/good"), "the good one");
  });

  test("after stop nothing is published", async () => {
    const loop = await openLoop();
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    loop.source.say.upsert(ingress("shop/web"));
    await loop.controller.stop();
    loop.source.say.upsert(ingress("shop/api"));
    await new Promise((resolve) => setImmediate(resolve));
    expect([loop.sink.deltas.length, loop.source.stopped]).toEqual([1, 1]);
  });
});

describe("problems", () => {
  test("are told once, together, whoever found them, and told again when they are gone", async () => {
    await using loop = await openLoop();
    loop.source.say.problems("Ingress shop/web", [problem("one")]);
    await untilTrue(() => loop.problems.size === 1);
    loop.source.say.problems("Ingress shop/web", [problem("one")]);
    loop.source.say.problems("Ingress shop/api", [problem("two")]);
    await untilTrue(() => loop.problems.size === 2);
    loop.source.say.problems("Ingress shop/web", []);
    await untilTrue(() => loop.problems.get("Ingress shop/web")?.length === 0);
    expect(loop.problems.get("Ingress shop/api")).toEqual([problem("two")]);
  });
});

describe("references", () => {
  test("a Secret that was let go is fetched when something refers to it, before the route is published", async () => {
    await using loop = await openLoop();
    loop.source.say.upsert(secret("shop/tls", {}));
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    expect(loop.controller.objectCount("Secret")).toBe(0);
    loop.translator.references = [{ kind: "Secret", key: "shop/tls" }];
    loop.source.onFetch = () => {
      loop.source.say.upsert(secret("shop/tls", {}));
      return Promise.resolve();
    };
    loop.source.say.upsert(ingress("shop/web"));
    await loop.sink.until(() => loop.sink.virtualHosts.has("shop/web"), "the route");
    expect(loop.source.fetched).toEqual(["Secret shop/tls"]);
    expect([...(loop.sink.deltas.at(-1)?.certificates.keys() ?? [])]).toEqual(["shop/tls"]);
    expect(loop.controller.objectCount("Secret")).toBe(1);
  });

  test("a Secret that does not exist is not asked for", async () => {
    await using loop = await openLoop();
    loop.translator.references = [{ kind: "Secret", key: "shop/none" }];
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    expect(loop.source.fetched).toEqual([]);
  });

  test("a fetch that hangs holds the route back, but only for half a second", async () => {
    const clock = new FakeClock();
    await using loop = await openLoop(clock);
    loop.source.say.upsert(secret("shop/tls", {}));
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    loop.translator.references = [{ kind: "Secret", key: "shop/tls" }];
    const hanging = Promise.withResolvers<void>();
    loop.source.onFetch = () => hanging.promise;
    loop.source.say.upsert(ingress("shop/web"));
    await untilTrue(() => loop.source.fetched.length === 1);
    expect(loop.sink.virtualHosts.has("shop/web")).toBe(false);
    clock.advance(500);
    await loop.sink.until(() => loop.sink.virtualHosts.has("shop/web"), "the route");
    hanging.resolve();
  });

  test("a Secret that nothing refers to any more is let go", async () => {
    await using loop = await openLoop();
    loop.translator.referenced.add("Secret shop/tls");
    loop.source.say.upsert(secret("shop/tls", {}));
    loop.source.syncAll();
    await loop.controller.whenSynced(AbortSignal.timeout(10_000));
    expect(loop.controller.objectCount("Secret")).toBe(1);
    loop.translator.referenced.clear();
    loop.source.say.upsert(ingress("shop/web"));
    await loop.sink.until(() => loop.sink.virtualHosts.has("shop/web"), "the change");
    expect(loop.controller.objectCount("Secret")).toBe(0);
  });
});
