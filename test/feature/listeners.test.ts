import { once } from "node:events";
import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import type { Listener } from "../../src/model/listener.ts";
import type { DeltaParts } from "../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { buildListener } from "../support/builders/socket-plan.ts";
import { certificate, testCa } from "../support/builders/test-certificates.ts";
import { get, RawClient } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";

const NAMES = ["second-example.org", "*.wildcard.org", "fourth-example.wildcard.org"];

/** One listener for every other host and one for each name, all on the socket of that traffic. */
function listenersOf(traffic: Listener["traffic"], parts: Partial<Listener> = {}): DeltaParts["listeners"] {
  const all = [null, ...NAMES].map((host) =>
    buildListener(host ?? traffic, { socket: traffic, traffic, host, ...parts }),
  );
  return new Map(all.map((one) => [one.id, one]));
}

/** A backend behind `example.org` and the names. */
function hostsOf(backend: RawBackend): DeltaParts {
  const route = buildRoute("x", "prefix", "/");
  return {
    hosts: ["example.org", ...NAMES].map((host) => buildHost(host, [route])),
    endpoints: { "test-x-80": [backend.address] },
  };
}

/** The names of the certificate that a client which asks for that name is shown; null where the connection is closed. */
async function shownTo(fixture: ProxyFixture, servername: string): Promise<string | null> {
  const socket = connect({ port: fixture.proxy.ports.https, host: "127.0.0.1", servername, rejectUnauthorized: false });
  socket.on("error", () => {});
  try {
    await once(socket, "secureConnect");
    return socket.getPeerCertificate().subjectaltname ?? "";
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

test.each([
  ["example.org", "example.org", 200],
  ["example.org", "second-example.org", 421],
  ["example.org", "unknown-example.org", 404],
  ["second-example.org", "second-example.org", 200],
  ["second-example.org", "example.org", 421],
  ["second-example.org", "unknown-example.org", 421],
  ["third.wildcard.org", "fifth.wildcard.org", 200],
  ["third.wildcard.org", "fourth-example.wildcard.org", 421],
  ["third.wildcard.org", "unknown-example.org", 421],
  ["fourth-example.wildcard.org", "fourth-example.wildcard.org", 200],
  ["fourth-example.wildcard.org", "fifth.wildcard.org", 421],
  ["unknown-example.org", "example.org", 200],
])("a connection for %s is answered %s with %i", async (serverName, host, status) => {
  await using backend = await RawBackend.open(answerText("hello"));
  const listeners = listenersOf("https", { misdirected: true });
  await using fixture = await ProxyFixture.open({ ...hostsOf(backend), ...(listeners && { listeners }) });
  const answer = await get(fixture.https(serverName), host, "/");
  expect(answer.status).toBe(status);
  expect((await fixture.record()).errorCode).toBe({ 200: "", 404: "no-route", 421: "misdirected-request" }[status]);
});

test("a request for another listener's host is served on any connection where that is allowed", async () => {
  await using backend = await RawBackend.open(answerText("hello"));
  const listeners = listenersOf("https");
  await using fixture = await ProxyFixture.open({ ...hostsOf(backend), ...(listeners && { listeners }) });
  expect((await get(fixture.https("example.org"), "second-example.org", "/")).status).toBe(200);
});

describe("a socket with listeners for certain hosts only", () => {
  const only = (traffic: Listener["traffic"]): DeltaParts["listeners"] =>
    new Map([
      [traffic, null],
      ["second", buildListener("second", { socket: traffic, traffic, host: "second-example.org" })],
    ]);

  test("answers other hosts 404, one request after the other on one connection", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    const listeners = only("http");
    await using fixture = await ProxyFixture.open({ ...hostsOf(backend), ...(listeners && { listeners }) });
    using client = await RawClient.connect(fixture.http);
    const statuses: number[] = [];
    for (const host of ["second-example.org", "example.org", "SECOND-example.org.:80"]) {
      client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      statuses.push((await client.response()).status);
    }
    expect(statuses).toEqual([200, 404, 200]);
    expect((await fixture.record(1)).errorCode).toBe("no-listener");
  });

  test("closes connections for other server names before any handshake", async () => {
    await using backend = await RawBackend.open(answerText("hello"));
    const turnedAway: string[] = [];
    const listeners = only("https");
    await using fixture = await ProxyFixture.open(
      { ...hostsOf(backend), ...(listeners && { listeners }) },
      { observer: { onFinish: () => {}, onTurnedAway: ({ code }) => void turnedAway.push(code) } },
    );
    expect(await shownTo(fixture, "example.org")).toBe(null);
    expect(await shownTo(fixture, "second-example.org")).not.toBe(null);
    expect(turnedAway[0]).toBe("tls-no-listener");
  });
});

describe("certificates of a listener", () => {
  const certificates = new Map(
    ["a.test", "b.test"].map((name) => [
      `x/${name}`,
      certificate(`x/${name}`, testCa().issue(name), { names: [name] }),
    ]),
  );
  const withCertificates = (ids: readonly string[]): DeltaParts => ({
    certificates,
    listeners: new Map([
      ["https", buildListener("https", { traffic: "https", certificates: ids.map((id) => `x/${id}`) })],
    ]),
  });

  test.each([
    ["that is for the name", ["a.test", "b.test"], "b.test", "DNS:b.test"],
    ["that is the first where none is for the name", ["b.test", "a.test"], "other.test", "DNS:b.test"],
    ["that works where the first is missing", ["gone.test", "a.test"], "other.test", "DNS:a.test"],
  ])("show a client the one %s", async (_, ids, name, shown) => {
    await using fixture = await ProxyFixture.open(withCertificates(ids));
    expect(await shownTo(fixture, name)).toBe(shown);
  });

  test("that are all missing close the connection: no other listener's is shown", async () => {
    await using fixture = await ProxyFixture.open(withCertificates(["gone.test"]));
    expect(await shownTo(fixture, "gone.test")).toBe(null);
  });
});

test("a listener that comes is there for requests on connections that were there before", async () => {
  await using backend = await RawBackend.open(answerText("hello"));
  await using fixture = await ProxyFixture.open({
    ...hostsOf(backend),
    listeners: new Map([
      ["http", null],
      ["a", buildListener("a", { socket: "http", host: "example.org" })],
    ]),
  });
  using client = await RawClient.connect(fixture.http);
  const ask = async (): Promise<number> => {
    client.send("GET / HTTP/1.1\r\nHost: second-example.org\r\n\r\n");
    return (await client.response()).status;
  };
  expect(await ask()).toBe(404);
  fixture.apply({ listeners: new Map([["b", buildListener("b", { socket: "http", host: "second-example.org" })]]) });
  expect(await ask()).toBe(200);
});
