import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { webSocketAccept } from "../../src/wire/http1/response-rules.ts";
import { RawSocket, waitUntil } from "../support/clients/raw-socket.ts";
import { RecordingBackend } from "../support/servers/recording-backend.ts";
import { manyTurns, untilStill } from "../support/waiting/waiting.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const FIELDS = [
  "Connection: keep-alive, Upgrade",
  "Upgrade: WebSocket",
  "Sec-WebSocket-Version: 13",
  `Sec-WebSocket-Key: ${KEY}`,
];
const SWITCH = `HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;

function upgrade(fields: readonly string[] = FIELDS): string {
  return ["GET /ws HTTP/1.1", "Host: a.test", ...fields, "", ""].join("\r\n");
}

/** Switches protocols and then echoes, in capitals. */
function echo(early = ""): (socket: Socket) => void {
  return (socket) => {
    socket.write(SWITCH + early);
    socket.on("data", (chunk: Buffer) => socket.write(chunk.toString("latin1").toUpperCase()));
  };
}

test("the accept value is that of RFC 6455", () => {
  expect(webSocketAccept(KEY)).toBe(ACCEPT);
});

describe("a WebSocket tunnel", () => {
  test("carries bytes both ways, those that came early first", async () => {
    await using backend = await RecordingBackend.open(echo("welcome "));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(`${upgrade()}early `);
    await client.until((text) => text.endsWith("EARLY "));
    client.send("late");
    const received = await client.until((text) => text.endsWith("LATE"));
    expect(received).toMatch(
      /^HTTP\/1\.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3p[^]*Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nwelcome EARLY LATE$/,
    );
    expect(proxy.connections[0]?.busy).toBe(true);
  });

  test("FR-41 nothing of the tunnel reaches the backend before its 101", async () => {
    await using backend = await RecordingBackend.open(() => {});
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(`${upgrade()}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
    await waitUntil(() => backend.requests.length === 1);
    // Who leaves before the answer takes the backend's connection along: after its end nothing more can come.
    client.socket.resetAndDestroy();
    await waitUntil(() => backend.connections[0]?.ended === true);
    expect(backend.connections[0]?.received).toMatch(/^GET \/ws [^]*\r\n\r\n$/);
    expect(backend.connections[0]?.received).not.toContain("smuggled");
  });

  test("FR-41 what a client sends before the 101 is held up to 16 KiB and the socket's own buffers", async () => {
    await using backend = await RecordingBackend.open(() => {});
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(upgrade());
    client.socket.write(Buffer.alloc(20_000_000));
    await waitUntil(() => backend.requests.length === 1);
    await waitUntil(() => proxy.sockets[0]?.isPaused() === true);
    await manyTurns();
    expect(proxy.sockets[0]?.bytesRead).toBeLessThan(500_000);
    expect(client.socket.writableLength).toBeGreaterThan(1_000_000);
  });

  test("WS-03 each direction ends on its own", async () => {
    await using backend = await RecordingBackend.open((socket) => {
      socket.removeAllListeners("end");
      socket.write(SWITCH);
      socket.on("end", () => socket.end("goodbye"));
    });
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(upgrade());
    await client.until((text) => text.includes("101"));
    client.send("last words");
    client.halfClose();
    expect(await client.untilEnd()).toMatch(/goodbye$/);
    expect(backend.connections[0]?.received).toMatch(/last words$/);
    await waitUntil(() => proxy.tunnels.length === 1);
    expect(proxy.tunnels).toEqual([{ toClient: 7, toUpstream: 10 }]);
  });

  test("a side that breaks takes the other with it", async () => {
    await using backend = await RecordingBackend.open(echo());
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(upgrade());
    await client.until((text) => text.includes("101"));
    backend.connections[0]?.socket.resetAndDestroy();
    await client.untilEnd();
    await waitUntil(() => proxy.tunnels.length === 1);
  });

  test("a slow side holds up the other, and nothing is lost", async () => {
    const total = 32_000_000;
    await using backend = await RecordingBackend.open((socket) => {
      socket.write(SWITCH);
      socket.write(Buffer.alloc(total, "x"));
    });
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(upgrade());
    await client.until((text) => text.includes("101"));
    client.socket.pause();
    await waitUntil(() => proxy.sockets[0]?.writableNeedDrain === true);
    await untilStill(() => proxy.sockets[0]?.bytesWritten ?? 0);
    expect(proxy.sockets[0]?.writableLength).toBeLessThan(1_000_000);
    expect(proxy.sockets[0]?.bytesWritten).toBeLessThan(total);
    client.socket.resume();
    await client.until((text) => text.length > total);
    expect(client.received.slice(client.received.indexOf("\r\n\r\n") + 4)).toHaveLength(total);
  });
});

describe("an upgrade that cannot be offered is an ordinary request", () => {
  test.each([
    ["FR-40 HTTP/2 in the clear", FIELDS.with(1, "Upgrade: h2c")],
    ["FR-40 HTTP/2 in capitals", FIELDS.with(1, "Upgrade: H2C")],
    ["FR-40 HTTP/2 by another name", FIELDS.with(1, "Upgrade: HTTP/2.0, h2, h2c/1")],
    ["something that is no protocol", FIELDS.with(1, "Upgrade: SPDY/3.1/x")],
    ["something that is no token", FIELDS.with(1, "Upgrade: a b")],
    ["an empty version", FIELDS.with(1, "Upgrade: SPDY/")],
    ["too many protocols", FIELDS.with(1, `Upgrade: ${"tcp,".repeat(9)}`)],
    ["nothing", FIELDS.with(1, "Upgrade: ,")],
    ["no Connection option", FIELDS.with(0, "Connection: keep-alive")],
    ["no key", FIELDS.slice(0, 3)],
    ["a key of another length", FIELDS.with(3, "Sec-WebSocket-Key: AAAA")],
    ["two keys", [...FIELDS, `Sec-WebSocket-Key: ${KEY}`]],
    ["WS-01 version 777", FIELDS.with(2, "Sec-WebSocket-Version: 777")],
    ["no version", FIELDS.toSpliced(2, 1)],
  ])("%s", async (_name, fields) => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(upgrade(fields));
    await client.until((text) => text.includes("HTTP/1.1 200"));
    expect(backend.requests[0]?.fields.map(([name]) => name)).not.toContain("upgrade");
  });

  test.each([
    ["FR-41 a body of known length", "Content-Length: 5", "hello"],
    ["FR-41 chunks", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"],
  ])("%s", async (_name, framing, body) => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    const head = ["POST /exec HTTP/1.1", "Host: a.test", "Connection: Upgrade", "Upgrade: tcp", framing, "", ""];
    client.send(head.join("\r\n") + body);
    await client.until((text) => text.includes("HTTP/1.1 200"));
    expect(backend.requests[0]?.fields.map(([name]) => name)).not.toContain("upgrade");
    expect(backend.requests[0]?.body).toBe("hello");
  });
});

describe("a backend that does not agree", () => {
  test.each([
    ["WS-02 a wrong Sec-WebSocket-Accept", SWITCH.replace(ACCEPT, KEY)],
    ["no Sec-WebSocket-Accept", SWITCH.replace(/Sec-WebSocket-Accept[^\n]*\n/, "")],
    ["FR-42 another protocol", SWITCH.replace("websocket", "h2c")],
    ["FR-42 two protocols", SWITCH.replace("websocket", "websocket, tcp")],
    ["FR-42 two Upgrade fields", SWITCH.replace("\r\n\r\n", "\r\nUpgrade: websocket\r\n\r\n")],
    ["no Connection option", SWITCH.replace("Connection: upgrade", "Connection: close")],
  ])("%s becomes 502", async (_name, response) => {
    await using backend = await RecordingBackend.open((socket) => socket.write(response));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(upgrade());
    expect(await client.until((text) => text.endsWith("malformed"))).toMatch(/^HTTP\/1\.1 502 /);
    expect(proxy.idle).toBeNull();
  });

  test("WS-02 an ordinary answer is delivered, and the connection goes on", async () => {
    await using backend = await RecordingBackend.open((socket) =>
      socket.write("HTTP/1.1 426 X\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\nno"),
    );
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(upgrade() + upgrade());
    const received = await client.until(
      (text) => text.split("426 Upgrade Required").length === 3 && text.endsWith("no"),
    );
    expect(received).not.toContain("Upgrade: x");
  });
});
