import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, test, vi } from "vitest";
import type { SocketPlan, SocketReport } from "../../src/model/socket.ts";
import type { DeltaParts } from "../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { buildListener, buildSocket, LOOPBACK_PLAN } from "../support/builders/socket-plan.ts";
import { get, RawClient } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, type BackendRequest, RawBackend } from "../support/servers/raw-backend.ts";
import { WorkersFixture } from "../support/servers/workers-fixture.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

vi.setConfig({ testTimeout: 60_000 });

const GET = "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n";
/** One more socket, at a port that the system chooses unless told otherwise. */
const withThird = (port = 0): DeltaParts => ({
  version: 1,
  sockets: new Map([["third", buildSocket("third", { port })]]),
  listeners: new Map([["third", buildListener("third")]]),
});
const NO_THIRD: DeltaParts = {
  version: 2,
  sockets: new Map([["third", null]]),
  listeners: new Map([["third", null]]),
};

/** All sockets of a proxy with the third one. */
const planWith = (port = 0, version = 1): SocketPlan => ({
  version,
  sockets: [...LOOPBACK_PLAN.sockets, buildSocket("third", { port })],
});
const LISTENER: DeltaParts = { listeners: new Map([["third", buildListener("third")]]) };

function oneRoute(backend: RawBackend): DeltaParts {
  return {
    hosts: [buildHost("shop.example", [buildRoute("x", "prefix", "/")])],
    endpoints: { "test-x-80": [backend.address] },
  };
}

/** Answers with the port that the proxy says clients use. */
function sayForwardedPort({ fields, socket }: BackendRequest): void {
  const port = fields.find((field) => /^x-forwarded-port:/i.test(field))?.split(": ")[1] ?? "none";
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${port.length}\r\n\r\n${port}`);
}

/** A backend whose answers wait for `answer`. */
async function openPatient(): Promise<{ backend: RawBackend; waiting: BackendRequest[]; answer: () => void }> {
  const waiting: BackendRequest[] = [];
  const backend = await RawBackend.open((request) => void waiting.push(request));
  const answer = (): void => {
    for (const { socket } of waiting.splice(0)) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  };
  return { backend, waiting, answer };
}

/** The report of that state of the third socket, once it is there. */
async function reportOf(reports: readonly SocketReport[], state: SocketReport["state"]): Promise<SocketReport> {
  const find = (): SocketReport | undefined => reports.find((one) => one.socket === "third" && one.state === state);
  await untilTrue(() => find() !== undefined, 30_000);
  return find() as SocketReport;
}

describe("a socket of two workers that is opened while they serve", () => {
  test("has one port in both, and serves there", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    await using fixture = await WorkersFixture.open(2, oneRoute(backend));
    await fixture.apply(withThird());
    const { port, version } = await reportOf(fixture.sockets, "bound");
    expect([port > 0, version, fixture.workers.ports["third"]]).toEqual([true, 1, port]);
    const before = fixture.workers.reading.acceptedConnections;
    const clients: RawClient[] = [];
    while ([...fixture.workers.loads.values()].some(({ connections }) => connections === 0)) {
      clients.push(await RawClient.connect({ port }));
      await untilTrue(() => fixture.workers.reading.acceptedConnections === before + clients.length);
    }
    for (const client of clients) client.send(GET);
    const answers = await Promise.all(clients.map((client) => client.response()));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(["hello"]));
    for (const client of clients) client[Symbol.dispose]();
  });

  test("drains when it is closed, and connections of the others notice nothing", async () => {
    const { backend, waiting, answer } = await openPatient();
    await using _ = backend;
    await using fixture = await WorkersFixture.open(2, oneRoute(backend));
    await fixture.apply(withThird());
    const { port } = await reportOf(fixture.sockets, "bound");
    using other = await RawClient.connect(fixture.http);
    using third = await RawClient.connect({ port });
    other.send(GET);
    third.send(GET);
    await untilTrue(() => waiting.length === 2);
    await fixture.apply(NO_THIRD);
    await untilTrue(() => fixture.workers.ports["third"] === undefined);
    await expect.poll(() => refusal(port)).toBe("ECONNREFUSED");
    expect(fixture.sockets.some(({ state }) => state === "closed")).toBe(false);
    answer();
    expect([(await third.response()).body, (await other.response()).body]).toEqual(["done", "done"]);
    await untilTrue(() => third.closed);
    expect((await reportOf(fixture.sockets, "closed")).version).toBe(2);
    other.send(GET);
    await untilTrue(() => waiting.length === 1);
    answer();
    expect((await other.response()).body).toBe("done");
  });

  test("is opened by a worker that comes later, too", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    await using fixture = await WorkersFixture.open(1, oneRoute(backend));
    await fixture.apply(withThird());
    const { port } = await reportOf(fixture.sockets, "bound");
    const [first = 0] = fixture.ids;
    fixture.kill(first, "throw");
    await fixture.untilReplaced(1);
    await untilTrue(() => !fixture.ids.includes(first), 30_000);
    expect((await get({ port }, "shop.example", "/")).body).toBe("hello");
  });
});

describe("a socket whose port is taken", () => {
  test("is reported once with the reason, and bound once the port is free", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as AddressInfo;
    await using fixture = await WorkersFixture.open(2, oneRoute(backend));
    await fixture.apply(withThird(port));
    const { reason } = await reportOf(fixture.sockets, "failed");
    expect(reason).toBe(`cannot listen on 127.0.0.1:${port} (third): another process listens there already`);
    expect((await get(fixture.http, "shop.example", "/")).body).toBe("hello");
    squatter.close();
    expect((await reportOf(fixture.sockets, "bound")).port).toBe(port);
    expect((await get({ port }, "shop.example", "/")).body).toBe("hello");
    expect(fixture.sockets.filter(({ socket }) => socket === "third").map(({ state }) => state)).toEqual([
      "failed",
      "bound",
    ]);
  });

  test("keeps nobody from starting or being replaced", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as AddressInfo;
    await using fixture = await WorkersFixture.open(1, oneRoute(backend));
    await fixture.apply(withThird(port));
    await reportOf(fixture.sockets, "failed");
    const [first = 0] = fixture.ids;
    fixture.kill(first, "throw");
    await fixture.untilReplaced(1);
    await untilTrue(() => !fixture.ids.includes(first), 30_000);
    expect((await get(fixture.http, "shop.example", "/")).body).toBe("hello");
    squatter.close();
  });
});

describe("the sockets of one proxy", () => {
  test("change their declared port without touching a connection", async () => {
    await using backend = await RawBackend.open(sayForwardedPort);
    const reports: SocketReport[] = [];
    await using fixture = await ProxyFixture.open(oneRoute(backend), { onSocket: (one) => void reports.push(one) });
    using client = await RawClient.connect(fixture.http);
    client.send(GET);
    expect((await client.response()).body).toBe("80");
    const sockets = LOOPBACK_PLAN.sockets.map((socket) => ({ ...socket, declaredPort: 8000 }));
    fixture.proxy.setSockets({ version: 1, sockets });
    client.send(GET);
    expect((await client.response()).status).toBe(200);
    expect((await get(fixture.http, "shop.example", "/")).body).toBe("8000");
    expect(reports).toEqual([]);
  });

  test("move to another port, and what is in flight on the old one finishes", async () => {
    const { backend, waiting, answer } = await openPatient();
    await using _ = backend;
    const reports: SocketReport[] = [];
    await using fixture = await ProxyFixture.open(oneRoute(backend), { onSocket: (one) => void reports.push(one) });
    fixture.apply(LISTENER);
    fixture.proxy.setSockets(planWith());
    const { port } = await reportOf(reports, "bound");
    using client = await RawClient.connect({ port });
    client.send(GET);
    await untilTrue(() => waiting.length === 1);
    const free = await freePort();
    reports.length = 0;
    fixture.proxy.setSockets(planWith(free, 2));
    expect((await reportOf(reports, "bound")).port).toBe(free);
    expect(await refusal(port)).toBe("ECONNREFUSED");
    answer();
    expect((await client.response()).body).toBe("done");
  });

  test("close connections that come where no listener is", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    const reports: SocketReport[] = [];
    await using fixture = await ProxyFixture.open(oneRoute(backend), { onSocket: (one) => void reports.push(one) });
    fixture.proxy.setSockets(planWith());
    const { port } = await reportOf(reports, "bound");
    using early = await RawClient.connect({ port });
    await untilTrue(() => early.closed);
    fixture.apply(LISTENER);
    expect((await get({ port }, "shop.example", "/")).body).toBe("hello");
  });

  test("are all closed by a drain, those that are still to be bound as well", async () => {
    const reports: SocketReport[] = [];
    const fixture = await ProxyFixture.open(null, { onSocket: (one) => void reports.push(one) });
    const { port } = fixture.http;
    fixture.proxy.setSockets(planWith(port));
    await reportOf(reports, "failed");
    await fixture.proxy.drain(5_000);
    expect(await refusal(port)).toBe("ECONNREFUSED");
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The error code of connecting to the port; empty where it can be. */
async function refusal(port: number): Promise<string> {
  try {
    using _ = await RawClient.connect({ port });
    return "";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}
