import { afterEach, describe, expect, test } from "vitest";
import { onlyOne } from "../../../src/model/delta.ts";
import { type DebugSources, openDebug, type PageServer } from "../../../src/admin/admin.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { revealSecret } from "../../../src/lib/secret.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import { ask, type Answer } from "../../support/builders/http-request.ts";
import { buildDelta } from "../../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { certificate, EC_PAIR } from "../../support/builders/test-certificates.ts";

const EMPTY = buildDelta({});

let server: PageServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

async function open(sources: Partial<DebugSources> = {}): Promise<void> {
  const defaults: DebugSources = {
    model: () => [],
    threads: () => ["main", "2"],
    profile: (thread) => Promise.resolve({ stop: () => `{"thread":"${thread}"}` }),
  };
  const place = { address: "127.0.0.1", port: 0, logger: silentLogger };
  server = await openDebug(place, { ...defaults, ...sources });
}

function get(path: string, host = "localhost"): Promise<Answer> {
  return ask({ port: server?.port ?? 0, host, path });
}

/** A model in pieces, as workers get it. */
function pieces(): readonly ModelDelta[] {
  const host = (name: string): ModelDelta =>
    buildDelta({ hosts: [buildHost(name, [buildRoute(name, "prefix", "/")])] });
  const shop = host("shop.example");
  const certificates = new Map([["shop/cert", certificate("shop/cert", EC_PAIR)]]);
  return [
    { ...EMPTY, ...buildDelta({ settings: {} }), defaultCertificate: onlyOne("shop/cert") },
    { ...EMPTY, upstreams: shop.upstreams },
    { ...EMPTY, endpoints: shop.endpoints },
    { ...EMPTY, certificates },
    { ...EMPTY, virtualHosts: shop.virtualHosts },
    { ...EMPTY, virtualHosts: host("other.example").virtualHosts },
  ];
}

describe("/debug/model", () => {
  test("shows the whole model as JSON, whatever the pieces it comes in", async () => {
    await open({ model: pieces });
    const answer = await get("/debug/model");
    expect(answer.headers["content-type"]).toContain("application/json");
    const model = JSON.parse(answer.body) as Record<string, Record<string, unknown>>;
    expect(model["settings"]).toMatchObject({ dataPlane: { useHttp2: true } });
    expect(model["defaultCertificate"]).toBe("shop/cert");
    expect(Object.keys(model["virtualHosts"] ?? {})).toEqual(["shop.example", "other.example"]);
    expect(Object.keys(model["upstreams"] ?? {})).toEqual(Object.keys(model["endpoints"] ?? {}));
  });

  test("says of certificates what they are for, and nothing of their keys", async () => {
    await open({ model: pieces });
    const { body } = await get("/debug/model");
    const { certificates } = JSON.parse(body) as { certificates: Record<string, unknown> };
    expect(certificates["shop/cert"]).toMatchObject({ id: "shop/cert", keyPem: "(secret)" });
    for (const line of revealSecret(EC_PAIR.keyPem).trim().split("\n")) expect(body).not.toContain(line);
  });

  test("is an empty object before the first configuration", async () => {
    await open();
    expect(JSON.parse((await get("/debug/model")).body)).toEqual({});
  });
});

describe("/debug/profile", () => {
  test("takes a profile of the main thread unless another one is named", async () => {
    await open();
    expect((await get("/debug/profile?seconds=0.01")).body).toBe('{"thread":"main"}');
    expect((await get("/debug/profile?seconds=0.01&thread=2")).body).toBe('{"thread":"2"}');
  });

  test.each([
    ["thread=7", "thread: expected one of main, 2"],
    ["seconds=61", "seconds: expected at most 60"],
    ["seconds=soon", "seconds: expected at most 60"],
    ["seconds=0", "seconds: expected at most 60"],
  ])("refuses %s", async (query, message) => {
    await open();
    const { status, body } = await get(`/debug/profile?${query}`);
    expect([status, body]).toEqual([400, `${message}\n`]);
  });

  test("takes one at a time, and ends one whose client is gone", async () => {
    const started = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const profile = (): Promise<{ stop: () => string }> => {
      started.resolve();
      return Promise.resolve({ stop: () => (stopped.resolve(), "{}") });
    };
    await open({ profile });
    const leaving = new AbortController();
    const url = `http://localhost:${server?.port}/debug/profile?seconds=60`;
    const first = fetch(url, { signal: leaving.signal }).catch(() => "gone");
    await started.promise;
    expect((await get("/debug/profile?seconds=0.01")).status).toBe(409);
    leaving.abort();
    expect(await first).toBe("gone");
    await stopped.promise;
  });
});

describe("the debug pages", () => {
  test("are for this machine: another name for it, as a web page could make one, gets 403", async () => {
    await open({ model: pieces });
    expect((await get("/debug/model", "attacker.example:10245")).status).toBe(403);
    for (const host of ["localhost:10245", "127.0.0.1:10245", "[::1]:10245"]) {
      expect((await get("/debug/model", host)).status).toBe(200);
    }
  });

  test("are listed", async () => {
    await open();
    expect((await get("/debug/")).body).toContain("/debug/profile?thread=main");
  });

  test("are not there when their port is taken", async () => {
    await open();
    const place = { address: "127.0.0.1", port: server?.port ?? 0, logger: silentLogger };
    await expect(
      openDebug(place, { model: () => [], threads: () => [], profile: () => Promise.reject(new Error("no")) }),
    ).rejects.toThrow("EADDRINUSE");
  });
});
