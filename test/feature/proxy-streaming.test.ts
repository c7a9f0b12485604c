import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { deltaOf } from "../../src/model/delta.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import { PATIENT, ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { get, RawClient } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { untilStill, untilTrue } from "../support/waiting/waiting.ts";

const MEGABYTE = 1_048_576;

function hostsFor(id: string, filters: Parameters<typeof buildRoute>[3] = {}) {
  return [buildHost("_", [buildRoute(id, "prefix", "/", filters)])];
}

/** Writes as fast as the connection takes it, and says how much it took. */
function flood(socket: Socket, totalBytes: number): { sent: number } {
  const progress = { sent: 0 };
  const chunk = Buffer.alloc(65_536, "x");
  const push = (): void => {
    while (progress.sent < totalBytes && !socket.destroyed) {
      const part = chunk.subarray(0, Math.min(chunk.length, totalBytes - progress.sent));
      progress.sent += part.length;
      if (!socket.write(part)) {
        socket.once("drain", push);
        return;
      }
    }
  };
  push();
  return progress;
}

describe("streaming", () => {
  test("a client that does not read holds the backend back, and gets every byte afterwards", async () => {
    const total = 64 * MEGABYTE;
    let progress = { sent: 0 };
    await using backend = await RawBackend.open(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      progress = flood(socket, total);
    });
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("x"),
      endpoints: { "test-x-80": [backend.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.socket.removeAllListeners("data");
    client.socket.pause();
    client.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await untilTrue(() => progress.sent > 0);
    // What the kernel's socket buffers on this machine hold, and little more.
    expect(await untilStill(() => progress.sent)).toBeLessThan(24 * MEGABYTE);
    let read = 0;
    client.socket.on("data", (chunk: Buffer) => (read += chunk.length));
    client.socket.resume();
    await expect.poll(() => read, { timeout: 15_000 }).toBeGreaterThanOrEqual(total);
    expect(await fixture.record()).toMatchObject({ status: 200, responseBodyBytes: total });
  });

  test("a backend that does not read holds the client back", async () => {
    await using backend = await RawBackend.open(({ socket }) => socket.pause());
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("x", { bodyLimitBytes: 0 }),
      endpoints: { "test-x-80": [backend.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.send(`POST / HTTP/1.1\r\nHost: x.example\r\nContent-Length: ${64 * MEGABYTE}\r\n\r\n`);
    const progress = flood(client.socket, 64 * MEGABYTE);
    await untilTrue(() => backend.requests.length === 1);
    expect(await untilStill(() => progress.sent)).toBeLessThan(24 * MEGABYTE);
  });

  test("bytes pass as they come: the first event arrives while the backend still holds the response open", async () => {
    await using backend = await RawBackend.open(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    });
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("x"),
      endpoints: { "test-x-80": [backend.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await client.until((received) => received.includes("\r\n\r\n"));
    backend.requests[0]?.socket.write("6\r\nevent1\r\n");
    await client.until((received) => received.includes("event1"));
    backend.requests[0]?.socket.write("6\r\nevent2\r\n0\r\n\r\n");
    expect((await client.response()).body).toBe("event1event2");
  });

  test("an answer before the end of the upload reaches the client, and the connection ends", async () => {
    await using backend = await RawBackend.open(({ socket }) => {
      socket.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    });
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("x"),
      endpoints: { "test-x-80": [backend.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.send("POST / HTTP/1.1\r\nHost: x.example\r\nContent-Length: 1000\r\n\r\nhello");
    expect((await client.response()).status).toBe(401);
    await client.until(() => client.closed);
    await expect.poll(() => backend.sockets.size, PATIENT).toBe(0);
  });
});

describe("replacing the model", () => {
  test("a running download goes on when its route, endpoints and settings are replaced", async () => {
    await using old = await RawBackend.open(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
    });
    await using next = await RawBackend.open(answerText("next"));
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("old"),
      endpoints: { "test-old-80": [old.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await client.until((received) => received.endsWith("01234"));
    fixture.proxy.apply(
      deltaOf({
        virtualHosts: new Map(hostsFor("next").map((host) => [host.id, host])),
        upstreams: new Map([
          ["test-old-80", null],
          [
            "test-next-80",
            { id: "test-next-80", service: { namespace: "test", name: "next", port: "80" }, balancer: "round-robin" },
          ],
        ]),
        endpoints: new Map([
          ["test-old-80", null],
          ["test-next-80", { upstream: "test-next-80", endpoints: [addressOf(next)] }],
        ]),
        certificates: new Map(),
      }),
    );
    expect((await get(fixture.http, "x.example", "/")).body).toBe("next");
    old.requests[0]?.socket.write("56789");
    expect((await client.response()).body).toBe("0123456789");
  });

  test("an open WebSocket goes on, and is counted when it closes", async () => {
    await using echo = await EchoServer.open();
    await using fixture = await ProxyFixture.open({ hosts: hostsFor("x"), endpoints: { "test-x-80": [echo.address] } });
    using client = await WebSocketClient.open(fixture);
    fixture.apply({ hosts: hostsFor("other") });
    expect(await client.echo("still here")).toBe("still here");
    expect(fixture.finished).toEqual([]);
    client.socket.close();
    expect(await fixture.record()).toMatchObject({ status: 101, upstream: "test-x-80", errorCode: "" });
  });
});

describe("tunnels", () => {
  test("one that nobody uses is closed after the read timeout", async () => {
    await using echo = await EchoServer.open();
    const clock = new FakeClock();
    const timeouts = { connectMs: 10_000, sendMs: 10_000, readMs: 10_000 };
    await using fixture = await ProxyFixture.open(
      { hosts: hostsFor("x", { timeouts }), endpoints: { "test-x-80": [echo.address] } },
      { clock },
    );
    using client = await WebSocketClient.open(fixture);
    const closed = once(client.socket, "close");
    clock.advance(11_000);
    await closed;
    expect(await fixture.record()).toMatchObject({ status: 101 });
  });

  test("WS-02 a backend that refuses the upgrade answers as usual", async () => {
    await using backend = await RawBackend.open(answerText("no", "426 Upgrade Required"));
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("x"),
      endpoints: { "test-x-80": [backend.address] },
    });
    await expect(WebSocketClient.open(fixture)).rejects.toThrow(/426/);
    expect(await fixture.record()).toMatchObject({ status: 426 });
  });
});

describe("draining", () => {
  test("what runs is finished, idle connections close, nothing new is accepted", async () => {
    await using backend = await RawBackend.open(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
    });
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("x"),
      endpoints: { "test-x-80": [backend.address] },
    });
    using idle = await RawClient.connect(fixture.http);
    using busy = await RawClient.connect(fixture.http);
    busy.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await busy.until((received) => received.endsWith("01234"));
    const drained = fixture.proxy.drain(10_000);
    await idle.until(() => idle.closed);
    await expect(RawClient.connect(fixture.http)).rejects.toThrow(/ECONNREFUSED/);
    backend.requests[0]?.socket.write("56789");
    expect(await busy.response()).toMatchObject({ body: "0123456789", complete: true });
    await drained;
    expect(fixture.proxy.openConnections).toBe(0);
  });

  test("an open WebSocket is waited for", async () => {
    await using echo = await EchoServer.open();
    await using fixture = await ProxyFixture.open({ hosts: hostsFor("x"), endpoints: { "test-x-80": [echo.address] } });
    using client = await WebSocketClient.open(fixture);
    const drained = fixture.proxy.drain(10_000);
    expect(await client.echo("while draining")).toBe("while draining");
    client.socket.close();
    await drained;
    expect(await fixture.record()).toMatchObject({ status: 101 });
  });

  test("an open WebSocket that stays is cut at the end, and recorded", async () => {
    await using echo = await EchoServer.open();
    await using fixture = await ProxyFixture.open({ hosts: hostsFor("x"), endpoints: { "test-x-80": [echo.address] } });
    using client = await WebSocketClient.open(fixture);
    const closed = once(client.socket, "close");
    await fixture.proxy.drain(50);
    await closed;
    expect(await fixture.record()).toMatchObject({ status: 101 });
  });

  test("what does not finish in time is cut", async () => {
    await using backend = await RawBackend.open(() => {});
    await using fixture = await ProxyFixture.open({
      hosts: hostsFor("x"),
      endpoints: { "test-x-80": [backend.address] },
    });
    using client = await RawClient.connect(fixture.http);
    client.send("GET / HTTP/1.1\r\nHost: x.example\r\n\r\n");
    await expect.poll(() => backend.requests.length, PATIENT).toBe(1);
    await fixture.proxy.drain(50);
    await client.until(() => client.closed);
    expect(await fixture.record()).toMatchObject({ status: 499, errorCode: "connection-cut" });
  });
});

function addressOf(backend: RawBackend): { kind: "address"; address: string; port: number } {
  const [address = "", port = "0"] = backend.address.split(":");
  return { kind: "address", address, port: Number(port) };
}

/** Sends every message back. */
class EchoServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  private constructor(server: Server) {
    this.#server = server;
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on("connection", (socket) => socket.on("message", (data: Buffer) => socket.send(data.toString())));
  }

  static async open(): Promise<EchoServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new EchoServer(server);
  }

  get address(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

class WebSocketClient implements Disposable {
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

  static async open(fixture: ProxyFixture): Promise<WebSocketClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${fixture.http.port}/`, { headers: { Host: "x.example" } });
    await once(socket, "open");
    socket.on("error", () => {});
    return new WebSocketClient(socket);
  }

  async echo(text: string): Promise<string> {
    this.socket.send(text);
    const [answer] = (await once(this.socket, "message")) as [Buffer];
    return answer.toString();
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}
