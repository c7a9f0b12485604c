import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { chosenProtocol, offeredProtocols } from "../../src/wire/http/upgrade-protocols.ts";
import { RawSocket, waitUntil } from "../support/clients/raw-socket.ts";
import { RecordingBackend } from "../support/servers/recording-backend.ts";
import { manyTurns } from "../support/waiting/waiting.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

function lines(...all: readonly string[]): string {
  return [...all, "", ""].join("\r\n");
}

/** What field reports send, and what the servers they talk to answer. */
const EXCHANGES = [
  {
    name: "kubectl exec by SPDY",
    protocol: "SPDY/3.1",
    request: [
      "POST /k8s/clusters/c-m-x/api/v1/namespaces/default/pods/web/exec?command=sh&stdin=true HTTP/1.1",
      "Connection: Upgrade",
      "Content-Length: 0",
      "Upgrade: SPDY/3.1",
      "X-Stream-Protocol-Version: v4.channel.k8s.io",
    ],
    answer: ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: SPDY/3.1"],
    // SYN_STREAM with flag FIN, then RST_STREAM: control frames that no text reader would take.
    bytes: "\x80\x03\x00\x01\x01\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x80\x03\x00\x03\x00\x00\x00\x08",
  },
  {
    name: "docker attach",
    protocol: "tcp",
    request: [
      "POST /v1.47/containers/web/attach?stdin=1&stdout=1&stream=1 HTTP/1.1",
      "Connection: Upgrade",
      "Content-Type: text/plain",
      "Upgrade: tcp",
    ],
    answer: [
      "HTTP/1.1 101 UPGRADED",
      "Content-Type: application/vnd.docker.raw-stream",
      "Connection: Upgrade",
      "Upgrade: tcp",
    ],
    bytes: "\x01\x00\x00\x00\x00\x00\x00\x05hello",
  },
  {
    name: "tailscale to Headscale",
    protocol: "tailscale-control-protocol",
    request: [
      "POST /ts2021 HTTP/1.1",
      "Connection: upgrade",
      "Content-Length: 0",
      "Upgrade: tailscale-control-protocol",
      "X-Tailscale-Handshake: AAAA",
    ],
    answer: ["HTTP/1.1 101 Switching Protocols", "Upgrade: tailscale-control-protocol", "Connection: upgrade"],
    bytes: "\x00\x01\x02\x00\x33\xff\xfe\x00",
  },
  {
    name: "a relay of Tailscale",
    protocol: "DERP",
    request: ["GET /derp HTTP/1.1", "Connection: Upgrade", "Upgrade: DERP"],
    answer: ["HTTP/1.1 101 Switching Protocols", "Upgrade: derp", "Connection: Upgrade", "Derp-Version: 2"],
    bytes: "\x01\x00\x00\x00\x28DERP\xf0\x9f\x94\x91",
  },
] as const;

function ask(request: readonly string[]): string {
  return lines(request[0] ?? "", "Host: a.test", ...request.slice(1));
}

const TCP = ask(["POST /attach HTTP/1.1", "Connection: Upgrade", "Upgrade: tcp", "Content-Length: 0"]);

describe("a protocol that client and endpoint agree on", () => {
  test.each(EXCHANGES)("$name: bytes pass as they are, both ways, until both have ended", async (exchange) => {
    await using backend = await RecordingBackend.open((socket: Socket) => {
      socket.write(lines(...exchange.answer), "latin1");
      socket.on("data", (chunk: Buffer) => socket.write(Buffer.concat([Buffer.from("<"), chunk, Buffer.from(">")])));
    });
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(ask(exchange.request));
    const head = await client.until((text) => text.endsWith("\r\n\r\n"));
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(head).toContain(`Connection: Upgrade\r\nUpgrade: ${exchange.protocol}\r\n`);
    client.send(exchange.bytes);
    await client.until((text) => text.endsWith(`<${exchange.bytes}>`));
    client.halfClose();
    await client.untilEnd();
    await waitUntil(() => proxy.tunnels.length === 1);
    const [seen] = backend.requests;
    expect(seen?.startLine).toBe(exchange.request[0]);
    expect(seen?.fields.filter(([name]) => name === "upgrade")).toEqual([["upgrade", exchange.protocol]]);
    expect(proxy.idle).toBeNull();
  });

  test("ends for the endpoint too when the client ended its side before the 101, behind its bytes", async () => {
    await using backend = await RecordingBackend.open(() => {});
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(`${TCP}all of it`);
    client.halfClose();
    await waitUntil(() => backend.requests.length === 1 && proxy.sockets[0]?.readableEnded === true);
    await manyTurns();
    const [connection] = backend.connections;
    connection?.socket.removeAllListeners("end");
    connection?.socket.on("end", () => void connection.socket.end("goodbye"));
    connection?.socket.write(lines("HTTP/1.1 101 X", "Connection: Upgrade", "Upgrade: tcp"));
    expect((await client.untilEnd()).endsWith("goodbye")).toBe(true);
    expect(connection?.received.endsWith("\r\n\r\nall of it")).toBe(true);
    await waitUntil(() => proxy.tunnels.length === 1);
    expect(client.failure).toBeNull();
  });

  test("may be any of those that were offered, in one field or several", async () => {
    await using backend = await RecordingBackend.open((socket) =>
      socket.write(lines("HTTP/1.1 101 X", "Connection: Upgrade", "Upgrade: SPDY/3"), "latin1"),
    );
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(ask(["GET /p HTTP/1.1", "Connection: upgrade", "Upgrade: SPDY/3.1, h2c", "Upgrade: SPDY/3"]));
    await client.until((text) => text.includes("Upgrade: SPDY/3\r\n"));
    expect(backend.requests[0]?.fields).toContainEqual(["upgrade", "SPDY/3.1, SPDY/3"]);
  });
});

describe("an endpoint that does not agree", () => {
  test.each([
    ["FR-42 chooses what was not offered", ["Connection: Upgrade", "Upgrade: SPDY/3.1"]],
    ["FR-42 chooses a part of what was offered", ["Connection: Upgrade", "Upgrade: t"]],
    ["FR-42 chooses nothing", ["Connection: Upgrade"]],
    ["FR-42 does not close the list of hops", ["Upgrade: tcp"]],
  ])("%s, and the client gets 502", async (_name, fields) => {
    await using backend = await RecordingBackend.open((socket) => socket.write(lines("HTTP/1.1 101 X", ...fields)));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(`${TCP}GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    expect(await client.until((text) => text.includes("malformed"))).toMatch(/^HTTP\/1\.1 502 /);
    expect(backend.connections[0]?.received).not.toContain("smuggled");
  });

  test("FR-42 101 to a client that did not ask is 502", async () => {
    await using backend = await RecordingBackend.open((socket) =>
      socket.write(lines("HTTP/1.1 101 X", "Connection: Upgrade", "Upgrade: tcp")),
    );
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(lines("GET / HTTP/1.1", "Host: a.test"));
    expect(await client.until((text) => text.includes("malformed"))).toMatch(/^HTTP\/1\.1 502 /);
  });

  test("FR-41 a fake upgrade opens no tunnel: what follows is the next request, judged as any other", async () => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(`${TCP}GET /next HTTP/1.1\r\nHost: a.test\r\nBad Field: 1\r\n\r\n`);
    const received = await client.untilEnd();
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
    expect(backend.requests).toHaveLength(1);
  });

  test("FR-41 nothing of the other protocol reaches the endpoint before its 101", async () => {
    await using backend = await RecordingBackend.open(() => {});
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(`${TCP}early`);
    await waitUntil(() => backend.requests.length === 1);
    await manyTurns();
    expect(backend.connections[0]?.received).toMatch(/^POST \/attach [^]*\r\n\r\n$/);
    const [connection] = backend.connections;
    connection?.socket.write(lines("HTTP/1.1 101 X", "Connection: Upgrade", "Upgrade: tcp"));
    await waitUntil(() => connection?.received.endsWith("\r\n\r\nearly") === true);
  });
});

test("what is offered is read from the list and never h2c", () => {
  expect(offeredProtocols(" WebSocket ,h2c,, SPDY/3.1,HTTP/2.0")).toEqual(["websocket", "SPDY/3.1"]);
  expect(offeredProtocols("a, b c")).toEqual([]);
  expect(chosenProtocol("websocket, SPDY/3.1", " spdy/3.1 ")).toBe("SPDY/3.1");
  expect(chosenProtocol("websocket", "websocket, websocket")).toBeNull();
  expect(chosenProtocol("websocket", "")).toBeNull();
});
