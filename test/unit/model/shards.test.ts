import { describe, expect, test } from "vitest";
import { revealSecret } from "../../../src/lib/secret.ts";
import { deltaOf, EMPTY_DELTA, isEmptyDelta, mergeDeltas, onlyShard, SHARD_KINDS } from "../../../src/model/delta.ts";
import { type ModelDelta, ONLY, type ShardKind, SHARDS, type Shards } from "../../../src/model/model.ts";
import { ModelCopy } from "../../../src/model/model-copy.ts";
import { ModelHash } from "../../../src/model/model-hash.ts";
import { printModel } from "../../../src/model/print-model.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import { ShardTables } from "../../../src/translate/shared/shard-tables.ts";
import type { ToWorker } from "../../../src/workers/messages.ts";
import { buildGroup } from "../../support/builders/group-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { buildSecurity } from "../../support/builders/security-builder.ts";
import { buildListener, buildSocket } from "../../support/builders/socket-plan.ts";
import { certificate, EC_PAIR } from "../../support/builders/test-certificates.ts";

const SERVICE = { namespace: "shop", name: "web", port: "80" };

/** Two shards of each kind, which differ. A new kind needs its row here, or nothing compiles. */
const SAMPLES: { readonly [K in ShardKind]: readonly [Shards[K], Shards[K]] } = {
  settings: [
    DEFAULT_SETTINGS,
    { ...DEFAULT_SETTINGS, dataPlane: { ...DEFAULT_SETTINGS.dataPlane, hideHeaders: ["server"] } },
  ],
  defaultCertificate: ["shop/cert", "shop/other"],
  upstreams: [
    { id: "shop-web-80", service: SERVICE, balancer: "round-robin" },
    { id: "shop-web-80", service: SERVICE, balancer: "ewma" },
  ],
  endpoints: [
    { upstream: "shop-web-80", endpoints: [] },
    { upstream: "shop-web-80", endpoints: [{ kind: "address", address: "10.0.0.1", port: 80 }] },
  ],
  certificates: [certificate("shop/cert", EC_PAIR), certificate("shop/cert", EC_PAIR, { names: ["ec.test"] })],
  upstreamSecurity: [
    buildSecurity("shop/web", { clientCertificate: EC_PAIR }),
    buildSecurity("shop/web", { serverName: "web.shop.test" }),
  ],
  groups: [buildGroup("web", ["a.test"], []), buildGroup("web", ["a.test"], [{ type: "prefix", path: "/" }])],
  listeners: [buildListener("web"), buildListener("web", { host: "shop.example" })],
  sockets: [buildSocket("web"), buildSocket("web", { declaredPort: 80 })],
  virtualHosts: [buildHost("shop.example", []), buildHost("shop.example", [buildRoute("web", "prefix", "/")])],
};

function idOf(kind: ShardKind): string {
  return SHARDS[kind].count === "one" ? ONLY : "sample";
}

function deltaWith(kind: ShardKind, shard: unknown, version = 1): ModelDelta {
  return { ...deltaOf({ version }), [kind]: new Map([[idOf(kind), shard]]) };
}

/** Everything there is, as one who gets it in pieces puts it together. */
function together(pieces: Iterable<ModelDelta>): ModelDelta {
  return [...pieces].reduce(mergeDeltas, EMPTY_DELTA);
}

/** What a worker hears. */
function sent(delta: ModelDelta): ModelDelta {
  const message = structuredClone({ kind: "delta", generation: 1, delta } satisfies ToWorker);
  return message.delta;
}

/** What is printed of a shard, or in its place. */
function withoutPems(shard: unknown): unknown {
  return JSON.parse(JSON.stringify(shard, (key, part: unknown) => (/^(cert|key)Pem$/.test(key) ? undefined : part)));
}

function hashOf(...deltas: readonly ModelDelta[]): number {
  const hash = new ModelHash();
  for (const delta of deltas) hash.apply(delta);
  return hash.value;
}

describe.each(SHARD_KINDS)("shards of the kind %s", (kind) => {
  const [first, second] = SAMPLES[kind];
  const added = deltaWith(kind, first, 1);
  const replaced = deltaWith(kind, second, 2);
  const removed = deltaWith(kind, null, 3);

  test("make a delta one that is not empty", () => {
    expect([added, removed, EMPTY_DELTA].map(isEmptyDelta)).toEqual([false, false, true]);
  });

  test("are merged so that the later word counts", () => {
    expect(mergeDeltas(added, replaced)).toEqual(replaced);
    expect(mergeDeltas(mergeDeltas(added, EMPTY_DELTA), removed)).toEqual(removed);
    expect(mergeDeltas(EMPTY_DELTA, added)).toEqual(added);
  });

  test("are copied, replaced and taken out again", () => {
    const copy = new ModelCopy();
    copy.apply(added);
    copy.apply(replaced);
    expect(together(copy.pieces(10))).toEqual(replaced);
    copy.apply(removed);
    expect(together(copy.pieces(10))).toEqual(deltaOf({ version: 3 }));
  });

  test("count in the hash, which is the old one when they are gone", () => {
    const empty = hashOf();
    const hashes = [hashOf(added), hashOf(replaced), hashOf(added, replaced), hashOf(added, removed)];
    expect(new Set([empty, ...hashes]).size).toBe(3);
    expect([hashes[2], hashes[3]]).toEqual([hashes[1], empty]);
  });

  test("are printed, without secrets", () => {
    const text = [...printModel([added])].join("");
    const printed = (JSON.parse(text) as Record<string, unknown>)[kind];
    const shown = SHARDS[kind].count === "one" ? printed : (printed as Record<string, unknown>)["sample"];
    expect(withoutPems(shown)).toEqual(withoutPems(first));
    expect(text).not.toContain(revealSecret(EC_PAIR.keyPem).split("\n")[1]);
  });

  test("reach a worker as they are", () => {
    expect(sent(added)).toEqual(added);
    expect(hashOf(sent(replaced))).toBe(hashOf(replaced));
  });

  test("have a table in the translation, which publishes what differs", () => {
    const tables = new ShardTables();
    const put = (shard: unknown): void => tables.of[kind].put("key", idOf(kind), shard as never);
    put(first);
    expect(tables.flush()).toEqual(added);
    put(structuredClone(first));
    expect(isEmptyDelta(tables.flush())).toBe(true);
    put(second);
    expect(tables.flush()[kind]).toEqual(replaced[kind]);
    tables.of[kind].remove("key");
    expect(tables.flush()[kind]).toEqual(removed[kind]);
  });
});

test("a whole model goes in pieces of one kind each, in the order of the kinds", () => {
  const copy = new ModelCopy();
  for (const kind of SHARD_KINDS) copy.apply(deltaWith(kind, SAMPLES[kind][1], 7));
  const pieces = [...copy.pieces(10)];
  expect(pieces.map((piece) => SHARD_KINDS.filter((kind) => piece[kind].size > 0))).toEqual([
    [],
    ...SHARD_KINDS.map((kind) => [kind]),
  ]);
  expect(pieces.map(({ version }) => version)).toEqual(pieces.map(() => 7));
});

test("the shard of a kind that has one at most is unchanged, gone, or another", () => {
  const wordOf = (delta: ModelDelta): unknown => onlyShard(delta.defaultCertificate);
  expect(
    [EMPTY_DELTA, deltaWith("defaultCertificate", null), deltaWith("defaultCertificate", "a/b")].map(wordOf),
  ).toEqual([undefined, null, "a/b"]);
});
