import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { connect as connectRawTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { UNKNOWN_LENGTH } from "../../src/wire/seam/rules.ts";
import { CertificateIndex } from "../../src/tls/tls.ts";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import { TimerWheel } from "../../src/wire/wire.ts";
import { clientHello } from "../support/builders/client-hello-bytes.ts";
import { describeRequest, type ListenerSetup, openTestListener } from "../support/servers/listener-setup.ts";
import { rawExchange } from "../support/clients/raw-exchange.ts";
import { certificate, certificateDelta, EC_PAIR, testCa } from "../support/builders/test-certificates.ts";
import { connectTls, peerName } from "../support/clients/tls-handshake.ts";
import { manyTurns, untilTrue } from "../support/waiting/waiting.ts";

const cleanups: (() => PromiseLike<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(...args: Parameters<typeof openTestListener> extends [unknown, ...infer Rest] ? Rest : never) {
  const setup = await openTestListener("https", ...args);
  cleanups.push(() => setup[Symbol.asyncDispose]());
  setup.certificates.apply(
    certificateDelta([certificate("ns/rsa", testCa().issue("rsa.test")), certificate("ns/ec", EC_PAIR)], {
      "rsa.test": "ns/rsa",
      "ec.test": "ns/ec",
    }),
  );
  return setup;
}

async function openClient(setup: ListenerSetup, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = await connectTls({ port: setup.port, ...options });
  cleanups.push(() => void socket.destroy());
  return socket;
}

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

async function exchange(socket: TLSSocket, text: string): Promise<string> {
  socket.setEncoding("latin1");
  let received = "";
  socket.on("data", (part: string) => (received += part));
  socket.write(text);
  await once(socket, "close");
  return received;
}

async function getOverHttp2(setup: ListenerSetup, servername: string): Promise<string> {
  const client = connectHttp2(`https://127.0.0.1:${setup.port}`, { servername, rejectUnauthorized: false });
  cleanups.push(() => client.destroy());
  const stream = client.request({ ":authority": servername });
  stream.setEncoding("latin1");
  let body = "";
  for await (const part of stream) body += part;
  client.close();
  return body;
}

test("HTTP/1.1 is served over TLS, with what the handshake said", async () => {
  const setup = await open();
  const socket = await openClient(setup, { servername: "RSA.test" });
  expect(await exchange(socket, GET)).toContain("1.1 a.test rsa.test");
  const { stream } = await setup.acceptor.request();
  expect(stream.connection).toMatchObject({
    listener: { id: "https" },
    remoteAddress: "127.0.0.1",
    localPort: setup.port,
    tls: { serverName: "rsa.test", protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" },
  });
});

test("HTTP/2 is served over TLS", async () => {
  expect(await getOverHttp2(await open(), "ec.test")).toBe("2.0 ec.test ec.test");
});

const ALPN: readonly (readonly [readonly string[], boolean, string | false])[] = [
  [["h2", "http/1.1"], true, "h2"],
  [["http/1.1", "h2"], true, "h2"],
  [["http/1.1"], true, "http/1.1"],
  [["h2", "http/1.1"], false, "http/1.1"],
  [[], true, false],
];

test.each(ALPN)("TL-10 of %j, HTTP/2 switched on: %s, %s is chosen", async (offered, useHttp2, chosen) => {
  const setup = await open(describeRequest, { settings: { useHttp2 } });
  const socket = await openClient(setup, offered.length === 0 ? {} : { ALPNProtocols: [...offered] });
  expect(socket.alpnProtocol).toBe(chosen);
});

test.each([
  ["acme-tls/1", true],
  ["h2", false],
])("TL-10 %s alone, HTTP/2 switched on: %s, is refused with an alert", async (protocol, useHttp2) => {
  const setup = await open(describeRequest, { settings: { useHttp2 } });
  await expect(openClient(setup, { ALPNProtocols: [protocol] })).rejects.toThrow("no application protocol");
});

const SNI: readonly (readonly [string, ConnectionOptions["maxVersion"], string])[] = [
  ["rsa.test", "TLSv1.3", "rsa.test"],
  ["ec.test", "TLSv1.3", "ec.test"],
  ["EC.TEST", "TLSv1.3", "ec.test"],
  ["rsa.test", "TLSv1.2", "rsa.test"],
  ["ec.test", "TLSv1.2", "ec.test"],
  ["other.test", "TLSv1.3", "fallback.test"],
  ["", "TLSv1.3", "fallback.test"],
  ["__proto__", "TLSv1.3", "fallback.test"],
];

test.each(SNI)("the name %j gets over %s the certificate of %s", async (servername, maxVersion, expected) => {
  const setup = await open();
  const socket = await openClient(setup, { servername, ...(maxVersion === undefined ? {} : { maxVersion }) });
  expect(peerName(socket)).toBe(expected);
});

test("an EC default and an RSA host, side by side, are never mixed up", async () => {
  const setup = await open();
  setup.certificates.apply(certificateDelta([], {}, "ns/ec"));
  expect(peerName(await openClient(setup, { servername: "rsa.test" }))).toBe("rsa.test");
  expect(peerName(await openClient(setup, { servername: "other.test" }))).toBe("ec.test");
  await expect(
    openClient(setup, { servername: "rsa.test", sigalgs: "ecdsa_secp256r1_sha256", maxVersion: "TLSv1.2" }),
  ).rejects.toThrow("handshake failure");
});

test("TL-01 TLS 1.1 and weak suites are refused", async () => {
  const setup = await open();
  await expect(openClient(setup, { minVersion: "TLSv1", maxVersion: "TLSv1.1" })).rejects.toThrow();
  await expect(openClient(setup, { ciphers: "AES128-SHA", maxVersion: "TLSv1.2" })).rejects.toThrow();
});

test("TL-02 renegotiation is refused", async () => {
  const setup = await open();
  const socket = await openClient(setup, { maxVersion: "TLSv1.2" });
  const refused = new Promise<Error>((resolve) => socket.on("error", resolve));
  socket.renegotiate({}, () => {});
  expect((await refused).message).toContain("no renegotiation");
  expect(await exchange(await openClient(setup), GET)).toContain("200 OK");
});

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "TL-04 a %s session is resumed for its own host and for no other certificate",
  async (maxVersion) => {
    const setup = await open();
    // No check of the name a session was made for gets in the way: the server has to refuse it.
    const first = connectRawTls({ port: setup.port, servername: "rsa.test", rejectUnauthorized: false, maxVersion });
    const [session] = (await once(first, "session")) as [Buffer];
    first.destroy();
    const same = await openClient(setup, { servername: "rsa.test", session, maxVersion });
    expect(same.isSessionReused()).toBe(true);
    const bare = await openClient(setup, { servername: "rsa.test", session: unwrapped(session), maxVersion });
    expect(bare.isSessionReused()).toBe(true);
    expect(await exchange(same, GET)).toContain("rsa.test");
    const other = await openClient(setup, { servername: "ec.test", session: unwrapped(session), maxVersion });
    expect(other.isSessionReused()).toBe(false);
    expect(peerName(other)).toBe("ec.test");
  },
);

/** Node binds a session to the name of its server; what is behind that is what an attacker would send. */
function unwrapped(session: Buffer): Buffer {
  const at = session.indexOf(Buffer.from([0x30, 0x82]));
  return session.subarray(Math.max(0, at));
}

test("the name is known after a resumption too", async () => {
  const setup = await open();
  const first = connectRawTls({
    port: setup.port,
    servername: "rsa.test",
    rejectUnauthorized: false,
    maxVersion: "TLSv1.2",
  });
  const [session] = (await once(first, "session")) as [Buffer];
  first.destroy();
  const again = await openClient(setup, { servername: "rsa.test", session, maxVersion: "TLSv1.2" });
  await exchange(again, GET);
  const { stream } = await setup.acceptor.request();
  expect(stream.connection.tls?.serverName).toBe("rsa.test");
});

test("a rotation touches neither an open connection nor a running download", async () => {
  const setup = await open(({ stream }) => {
    stream.resumeBody();
    stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    stream.write(Buffer.from("before "));
  });
  const client = connectHttp2(`https://127.0.0.1:${setup.port}`, { servername: "rsa.test", rejectUnauthorized: false });
  cleanups.push(() => client.destroy());
  const stream = client.request({ ":authority": "rsa.test" });
  stream.setEncoding("latin1");
  let body = "";
  stream.on("data", (part: string) => (body += part));
  await once(stream, "data");
  setup.certificates.apply(certificateDelta([certificate("ns/rsa", testCa().issue("rotated.test"))]));
  expect(peerName(await openClient(setup, { servername: "rsa.test" }))).toBe("rotated.test");
  const request = await setup.acceptor.request();
  request.stream.write(Buffer.from("after"));
  request.stream.end(null);
  await once(stream, "close");
  expect({ body, rst: stream.rstCode }).toEqual({ body: "before after", rst: 0 });
  const next = client.request({ ":authority": "rsa.test" });
  await once(next, "response");
  expect(client.closed).toBe(false);
});

test("a big download reaches a slow reader whole, over TLS and HTTP/2", async () => {
  const total = 4_000_000;
  const chunk = Buffer.alloc(16_384, "d");
  const setup = await open((request) => {
    const { stream } = request;
    let written = 0;
    request.onDrained = () => {
      while (written < total) {
        const part = chunk.subarray(0, Math.min(chunk.length, total - written));
        written += part.length;
        if (!stream.write(part)) return;
      }
      stream.end(null);
    };
    stream.sendHead(200, new HeaderList(), total);
    request.onDrained();
  });
  const client = connectHttp2(`https://127.0.0.1:${setup.port}`, { rejectUnauthorized: false });
  cleanups.push(() => client.destroy());
  let received = 0;
  for await (const part of client.request() as AsyncIterable<Buffer>) {
    received += part.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(received).toBe(total);
});

test("plain HTTP on the HTTPS port is answered 400 with the reason", async () => {
  const setup = await open();
  const answer = await rawExchange(setup.port, GET);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answer).toContain("The plain HTTP request was sent to HTTPS port");
  expect(setup.acceptor.refusals).toMatchObject([{ status: 400, code: "plain-http-on-https-port" }]);
  expect(setup.acceptor.requests.length).toBe(0);
});

test("other bytes on the HTTPS port are closed without a word", async () => {
  const setup = await open();
  expect(await rawExchange(setup.port, "\u0000\u0001\u0002")).toBe("");
});

test("TL-07 a failure while choosing a certificate costs one connection", async () => {
  const certificates = new CertificateIndex({
    clock: systemClock,
    logger: silentLogger,
    fallback: testCa().issue("fallback.test"),
    issueForHost: () => {
      throw new Error("cannot issue");
    },
  });
  certificates.apply(certificateDelta([], { "broken.test": null }));
  const setup = await open(describeRequest, { deps: { certificates } });
  await expect(openClient(setup, { servername: "broken.test" })).rejects.toThrow();
  expect(peerName(await openClient(setup, { servername: "other.test" }))).toBe("fallback.test");
});

test("TL-08 broken hellos cost nobody else anything", async () => {
  const setup = await open();
  const good = clientHello("rsa.test");
  const broken = [
    good.subarray(0, 5),
    Buffer.concat([Buffer.from([22, 3, 1, 0, 0]), good]),
    Buffer.concat([Buffer.from([22, 9, 9]), good.subarray(3)]),
    Buffer.from([22, 3, 1, 255, 255, 1]),
    clientHello("a\0b"),
    clientHello("x".repeat(20_000), { recordBytes: 4000 }),
    clientHello("rsa.test", { recordBytes: 1 }),
    clientHello("rsa.test", { padBytes: 30_000 }),
    Buffer.concat([good, Buffer.from("garbage after the hello")]),
  ];
  for (const bytes of broken) {
    const socket = connect(setup.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.end(bytes);
    await new Promise((resolve) => socket.on("close", resolve));
  }
  expect(await exchange(await openClient(setup), GET)).toContain("200 OK");
  await untilTrue(() => setup.listener.connections === 0);
});

test("TL-09 resets at every point of a handshake leave nothing behind", async () => {
  const setup = await open();
  const hello = clientHello("rsa.test");
  for (let bytes = 0; bytes <= hello.length; bytes += 7) {
    const socket = connect(setup.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(hello.subarray(0, bytes));
    await once(socket, "connect");
    socket.resetAndDestroy();
  }
  expect(await exchange(await openClient(setup), GET)).toContain("200 OK");
  await untilTrue(() => setup.listener.connections === 0);
});

test("a real hello in single bytes makes a real handshake", async () => {
  const setup = await open();
  const relay = connect(setup.port, "127.0.0.1");
  relay.setNoDelay(true);
  const { Duplex } = await import("node:stream");
  const slow = new Duplex({
    read: () => void relay.resume(),
    write: (bytes: Buffer, _encoding, done) => {
      for (const byte of bytes) relay.write(Buffer.from([byte]));
      done();
    },
  });
  relay.on("data", (bytes: Buffer) => void slow.push(bytes));
  cleanups.push(() => void relay.destroy());
  const socket = await connectTls({ port: setup.port, socket: slow, servername: "ec.test" });
  expect(peerName(socket)).toBe("ec.test");
  socket.destroy();
});

test("DS-05 a handshake that is not over after ten seconds is cut", async () => {
  let nowMs = 0;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const wheel = new TimerWheel(clock);
  cleanups.push(() => wheel.close());
  const setup = await open(describeRequest, { deps: { wheel } });
  const hello = clientHello("rsa.test");
  const silent = connect(setup.port, "127.0.0.1");
  const stopped = connect(setup.port, "127.0.0.1");
  const closed = [silent, stopped].map((socket) => {
    socket.resume();
    socket.on("error", () => {});
    return new Promise((resolve) => socket.on("close", resolve));
  });
  stopped.write(hello.subarray(0, 40));
  await untilTrue(() => setup.listener.connections === 2);
  // The half hello is read by then.
  await manyTurns();
  nowMs = 9000;
  wheel.tick();
  expect(setup.listener.connections).toBe(2);
  nowMs = 11_000;
  wheel.tick();
  await Promise.all(closed);
});

test("a drain closes idle TLS connections of both protocols", async () => {
  const setup = await open();
  const client = connectHttp2(`https://127.0.0.1:${setup.port}`, { rejectUnauthorized: false });
  client.on("error", () => {});
  await once(client.request(), "response");
  const h1 = await openClient(setup);
  h1.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await once(h1, "data");
  const stopped = setup.listener.stopAccepting();
  const closed = [once(client, "close"), once(h1, "close")];
  setup.listener.drain();
  await Promise.all([...closed, stopped]);
});
