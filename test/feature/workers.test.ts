import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { Worker } from "node:worker_threads";
import { describe, expect, test, vi } from "vitest";
import type { LimitsFilter } from "../../src/model/filters/limits.ts";
import type { DeltaParts } from "../support/builders/model-builder.ts";
import { answerText, type BackendRequest, RawBackend } from "../support/servers/raw-backend.ts";
import { get, RawClient } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { untilTrue } from "../support/waiting/waiting.ts";
import { WorkersFixture } from "../support/servers/workers-fixture.ts";

vi.setConfig({ testTimeout: 60_000 });

/** One host with one route to that backend. */
function oneRoute(backend: RawBackend, filters: Parameters<typeof buildRoute>[3] = {}): DeltaParts {
  return {
    hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/", filters)])],
    endpoints: { "test-x-80": [backend.address] },
  };
}

function buildLimits(parts: Partial<LimitsFilter>): LimitsFilter {
  return { zone: "a/b", requestsPerSecond: null, requestsPerMinute: null, connections: 0, allowlist: [], ...parts };
}

/** A request under way on a connection of its own. */
async function send(fixture: WorkersFixture): Promise<RawClient> {
  const client = await RawClient.connect(fixture.http);
  client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  return client;
}

/** Requests under way in every worker, `perWorker` or more in each. */
async function sendToEach(fixture: WorkersFixture, perWorker: number): Promise<RawClient[]> {
  // Not the open ones: a connection from before may close meanwhile.
  const before = fixture.workers.reading.acceptedConnections;
  const clients: RawClient[] = [];
  while ([...fixture.workers.loads.values()].some(({ connections }) => connections < perWorker)) {
    clients.push(await send(fixture));
    await untilTrue(() => fixture.workers.reading.acceptedConnections === before + clients.length);
  }
  return clients;
}

/** A backend that answers nobody before it is told to. */
async function openPatient(): Promise<{ backend: RawBackend; answerAll: () => void }> {
  const waiting: BackendRequest[] = [];
  let open = false;
  const answer = (request: BackendRequest): void =>
    void request.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  const backend = await RawBackend.open((request) => {
    if (open) answer(request);
    else waiting.push(request);
  });
  return {
    backend,
    answerAll: () => {
      open = true;
      for (const request of waiting.splice(0)) answer(request);
    },
  };
}

async function statusesOf(clients: readonly RawClient[]): Promise<number[]> {
  const answers = await Promise.all(clients.map((client) => client.response().catch(() => null)));
  for (const client of clients) client[Symbol.dispose]();
  return answers.map((answer) => answer?.status ?? 0);
}

function countOf(statuses: readonly number[], status: number): number {
  return statuses.filter((one) => one === status).length;
}

describe("workers", () => {
  test("share one port, and each serves the model once it is live", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    await using fixture = await WorkersFixture.open(3, null);
    expect((await get(fixture.http, "shop.example", "/")).status).toBe(503);
    await fixture.apply(oneRoute(backend));
    const clients = await sendToEach(fixture, 2);
    expect(countOf(await statusesOf(clients), 200)).toBe(clients.length);
  });

  test("each have every change once it is live", async () => {
    await using backend = await RawBackend.open();
    await using fixture = await WorkersFixture.open(3, oneRoute(backend));
    for (const name of ["one", "two", "three"]) {
      await using next = await RawBackend.open(answerText(name));
      await fixture.apply({ endpoints: { "test-x-80": [next.address] } });
      const clients = await sendToEach(fixture, 1);
      const bodies = await Promise.all(clients.map(async (client) => (await client.response()).body));
      expect(new Set(bodies)).toEqual(new Set([name]));
      for (const client of clients) client[Symbol.dispose]();
      await untilTrue(() => fixture.workers.openConnections === 0);
    }
  });

  test("never serve a request from two versions of the model", async () => {
    const mixed: string[] = [];
    const answerFor = (parity: number) => (request: BackendRequest) => {
      const host = request.fields.find((field) => /^host:/i.test(field)) ?? "";
      if (Number(/\d+/.exec(host)?.[0]) % 2 !== parity) mixed.push(`${host} at backend ${parity}`);
      request.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    await using even = await RawBackend.open(answerFor(0));
    await using odd = await RawBackend.open(answerFor(1));
    const version = (n: number): DeltaParts => oneRoute(n % 2 === 0 ? even : odd, { host: `v${n}` });
    await using fixture = await WorkersFixture.open(2, version(0));
    const state = { done: false };
    const clients = await sendToEach(fixture, 2);
    const loops = clients.map(async (client) => {
      let answered = 0;
      for (; !state.done; answered++) {
        expect((await client.response()).status).toBe(200);
        client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
      }
      return answered;
    });
    for (let n = 1; n <= 100; n++) await fixture.apply(version(n));
    state.done = true;
    expect(Math.min(...(await Promise.all(loops)))).toBeGreaterThan(0);
    expect(mixed).toEqual([]);
    for (const client of clients) client[Symbol.dispose]();
  });
});

describe.each([1, 2, 4])("with %i workers", (count) => {
  const BURST = 20;

  test.each(["even", "uneven"])("a rate limit admits the same under %s load", async (load) => {
    await using backend = await RawBackend.open(answerText("ok"));
    const limits = buildLimits({ requestsPerMinute: { rate: 1, burst: BURST } });
    await using fixture = await WorkersFixture.open(count, oneRoute(backend, { limits }));
    const statuses: number[] = [];
    using single = await RawClient.connect(fixture.http);
    for (let i = 0; i < 60; i++) {
      if (load === "even" || i % 10 === 0) {
        statuses.push((await get(fixture.http, "shop.example", "/")).status);
      } else {
        single.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
        statuses.push((await single.response()).status);
      }
    }
    const admitted = countOf(statuses, 200);
    expect(admitted).toBeGreaterThanOrEqual(BURST + 1);
    // One more leaks out of the bucket in the minute that a slow machine may take.
    expect(admitted).toBeLessThanOrEqual(BURST + 2);
  });

  test("a limit of connections is one for all, also after the death of a worker that held some", async () => {
    const { backend, answerAll } = await openPatient();
    await using _ = backend;
    const limits = buildLimits({ connections: 5 });
    await using fixture = await WorkersFixture.open(count, oneRoute(backend, { limits }));
    const flood = async (): Promise<RawClient[]> => {
      const busy = backend.sockets.size;
      const clients = await Promise.all(Array.from({ length: 20 }, () => send(fixture)));
      const refused = (): number => clients.filter(({ received }) => received.includes(" 503 ")).length;
      await untilTrue(() => refused() + backend.sockets.size - busy >= 20);
      return clients;
    };
    const first = await flood();
    expect(first.filter(({ received }) => received.includes(" 503 "))).toHaveLength(15);
    fixture.kill(fixture.ids[0] ?? 0, "exit");
    await fixture.untilReplaced(1);
    const lost = first.filter(({ received, closed }) => closed && received === "").length;
    await untilTrue(() => backend.sockets.size === 5 - lost);
    const second = await flood();
    expect(second.filter(({ received }) => received.includes(" 503 "))).toHaveLength(20 - lost);
    answerAll();
    expect(countOf(await statusesOf([...first, ...second]), 200)).toBe(5);
  });
});

describe("a worker", () => {
  test.each(["exit", "out-of-memory"] as const)(
    "that dies by %s is replaced and costs only its own requests",
    async (death) => {
      const { backend, answerAll } = await openPatient();
      await using _ = backend;
      await using fixture = await WorkersFixture.open(2, oneRoute(backend));
      const clients = await sendToEach(fixture, 2);
      const [victim = 0] = fixture.ids;
      const lost = fixture.workers.loads.get(victim)?.connections;
      fixture.kill(victim, death);
      await fixture.untilReplaced(1);
      expect(fixture.ids).not.toContain(victim);
      const later = await sendToEach(fixture, 2);
      answerAll();
      expect(countOf(await statusesOf(clients), 0)).toBe(lost);
      expect(countOf(await statusesOf(later), 200)).toBe(later.length);
    },
  );

  test("that throws is replaced, and finishes what it has", async () => {
    const { backend, answerAll } = await openPatient();
    await using _ = backend;
    await using fixture = await WorkersFixture.open(2, oneRoute(backend));
    const clients = await sendToEach(fixture, 2);
    const [victim = 0] = fixture.ids;
    fixture.kill(victim, "throw");
    await fixture.untilReplaced(1);
    answerAll();
    expect(countOf(await statusesOf(clients), 200)).toBe(clients.length);
    await untilTrue(() => !fixture.ids.includes(victim));
    expect(fixture.workers.restarts).toBe(1);
  });

  test("that was kept spare takes over with the model of that moment", async () => {
    await using first = await RawBackend.open(answerText("first"));
    await using second = await RawBackend.open(answerText("second"));
    await using fixture = await WorkersFixture.open(1, oneRoute(first), "kept");
    await fixture.apply({ endpoints: { "test-x-80": [second.address] } });
    const [victim = 0] = fixture.ids;
    for (const death of [1, 2]) {
      fixture.kill(fixture.ids[0] ?? 0, "exit");
      await fixture.untilReplaced(death);
      expect((await get(fixture.http, "shop.example", "/")).body).toBe("second");
    }
    expect(fixture.ids).not.toContain(victim);
  });

  test("that comes later has the whole model before it listens", async () => {
    await using backend = await RawBackend.open(answerText("ok"));
    await using fixture = await WorkersFixture.open(1, oneRoute(backend));
    const hosts = Array.from({ length: 1000 }, (_, i) => buildHost(`h${i}.example`, [buildRoute("x", "prefix", "/")]));
    await fixture.apply({ hosts, endpoints: { "test-x-80": [backend.address] } });
    await fixture.apply({ workerProcesses: 3 });
    await fixture.untilReplaced(2);
    const clients = await sendToEach(fixture, 1);
    for (const client of clients) {
      client.send("GET / HTTP/1.1\r\nHost: h999.example\r\n\r\n");
      expect((await client.response()).status).toBe(200);
      expect((await client.response()).status).toBe(200);
      client[Symbol.dispose]();
    }
    await fixture.apply({ workerProcesses: 1 });
    await untilTrue(() => fixture.ids.length === 1);
    expect((await get(fixture.http, "h1.example", "/")).status).toBe(200);
  });
});

test("a main thread that stands still delays no request", async () => {
  await using fixture = await WorkersFixture.open(2, null);
  const REQUESTS = 50;
  const answered = new Int32Array(new SharedArrayBuffer(8));
  const client = new Worker(new URL("../support/clients/lonely-client.ts", import.meta.url), {
    workerData: { answered, port: fixture.workers.ports.http, requests: REQUESTS },
  });
  const [backendPort] = (await once(client, "message")) as [number];
  await fixture.apply({
    hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/")])],
    endpoints: { "test-x-80": [`127.0.0.1:${backendPort}`] },
  });
  client.postMessage("go");
  expect(Atomics.wait(answered, 1, 0, 15_000)).toBe("ok");
  expect(answered[0]).toBe(REQUESTS);
  await client.terminate();
});

test("draining finishes what every worker has, and takes nothing new", async () => {
  const { backend, answerAll } = await openPatient();
  await using _ = backend;
  await using fixture = await WorkersFixture.open(3, oneRoute(backend));
  const clients = await sendToEach(fixture, 1);
  await untilTrue(() => backend.requests.length === clients.length);
  const drained = fixture.workers.drain(10_000);
  const refused = async (): Promise<boolean> => {
    const client = await RawClient.connect(fixture.http).catch(() => null);
    client?.[Symbol.dispose]();
    return client === null;
  };
  while (!(await refused())) await untilTrue(() => true);
  answerAll();
  expect(countOf(await statusesOf(clients), 200)).toBe(clients.length);
  await drained;
});

test("TLS sessions of one worker are resumed by all", async () => {
  await using backend = await RawBackend.open(answerText("ok"));
  await using fixture = await WorkersFixture.open(4, oneRoute(backend));
  const open = async (session?: Buffer): Promise<TLSSocket> => {
    const options = { port: fixture.workers.ports.https, host: "127.0.0.1", rejectUnauthorized: false };
    const socket = connect(session === undefined ? options : { ...options, session });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    return socket;
  };
  const first = await open();
  const [session] = (await once(first, "session")) as [Buffer];
  const others = await Promise.all(Array.from({ length: 16 }, () => open(session)));
  expect([...fixture.workers.loads.values()].filter(({ connections }) => connections > 0).length).toBeGreaterThan(1);
  expect(others.map((socket) => socket.isSessionReused())).toEqual(others.map(() => true));
  for (const socket of [first, ...others]) socket.destroy();
});
