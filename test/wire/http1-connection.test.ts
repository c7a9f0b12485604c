import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { HeaderList, TimerWheel, UNKNOWN_LENGTH, type ServerStream } from "../../src/wire/wire.ts";
import { RawSocket, waitingBytes, waitUntil } from "../support/clients/raw-socket.ts";
import { RecordingBackend } from "../support/servers/recording-backend.ts";
import { manyTurns, untilStill } from "../support/waiting/waiting.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const GET = "GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n";
const NO_FIELDS = new HeaderList();

function get(path: string, ...lines: string[]): string {
  return [`GET ${path} HTTP/1.1`, "Host: a.test", ...lines, "", ""].join("\r\n");
}

function withoutDates(answer: string): string {
  return answer.replace(/Date: [^\r]*\r\n/g, "");
}

/** A proxy whose requests are answered by the test. */
async function openServer(onRequest: (stream: ServerStream) => void, options = {}): Promise<WireProxy> {
  const proxy = await WireProxy.open(1, options);
  proxy.onRequest = (stream) => {
    stream.handler = {
      onBody: () => {},
      onBodyEnd: () => {},
      onDrain: () => {},
      onClose: (error) => void proxy.clientErrors.push(error),
    };
    onRequest(stream);
  };
  return proxy;
}

function answer(stream: ServerStream, body: string): void {
  stream.sendHead(200, NO_FIELDS, body.length);
  stream.write(Buffer.from(body));
  stream.end(null);
}

describe("pipelining", () => {
  test("FR-24 fifty requests are answered in order, one at a time", async () => {
    const waiting: ServerStream[] = [];
    await using server = await openServer((stream) => {
      waiting.push(stream);
      expect(waiting).toHaveLength(1);
      setImmediate(() => answer(waiting.pop() ?? stream, `[${stream.request.target}]`));
    });
    await using client = await RawSocket.open(server.port);
    client.send(Array.from({ length: 50 }, (_, i) => get(`/${i}`)).join(""));
    const received = await client.until((text) => text.includes("[/49]"));
    expect([...received.matchAll(/\[\/(\d+)\]/g)].map((match) => Number(match[1]))).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  test("FR-24 an error is written only after the answer to the request before it", async () => {
    const waiting: ServerStream[] = [];
    await using server = await openServer((stream) => void waiting.push(stream));
    await using client = await RawSocket.open(server.port);
    const sent = `${GET}BAD\r\n\r\n`;
    client.send(sent);
    await waitUntil(() => server.sockets[0]?.bytesRead === sent.length);
    expect(client.received).toBe("");
    answer(waiting[0] as ServerStream, "good");
    const received = withoutDates(await client.untilEnd());
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP\/1\.1 400 /);
  });

  test("FR-24 HEAD, then GET", async () => {
    await using server = await openServer((stream) => answer(stream, "body"));
    await using client = await RawSocket.open(server.port);
    client.send(GET.replace("GET", "HEAD") + GET);
    const received = withoutDates(await client.until((text) => text.endsWith("body")));
    expect(received).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
    );
  });

  test("FR-25 nothing behind a Connection: close request is looked at", async () => {
    await using server = await openServer((stream) => answer(stream, "last"));
    await using client = await RawSocket.open(server.port);
    client.send(`${get("/p", "Connection: close")}GARBAGE\r\n\r\n`);
    const received = withoutDates(await client.untilEnd());
    expect(received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast");
    expect(server.refusals).toEqual([]);
  });

  test("requests that nobody answers are not read without bound", async () => {
    await using server = await openServer(() => {});
    await using client = await RawSocket.open(server.port);
    client.socket.write(Buffer.from(get("/p", `X: ${"y".repeat(1000)}`).repeat(40_000)));
    await waitUntil(() => server.sockets[0]?.isPaused() === true);
    await manyTurns();
    expect(server.accepted).toHaveLength(1);
    expect(server.sockets[0]?.bytesRead).toBeLessThan(500_000);
    expect(client.socket.writableLength).toBeGreaterThan(1_000_000);
  });
});

describe("keep-alive", () => {
  test("the last request that the limit allows is answered with Connection: close", async () => {
    await using server = await openServer((stream) => answer(stream, "x"), { keepAliveRequests: 2 });
    await using client = await RawSocket.open(server.port);
    client.send(GET.repeat(3));
    const received = await client.untilEnd();
    expect(received.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(received.match(/Connection: close/g)).toHaveLength(1);
  });

  test("HTTP/1.0 closes unless keep-alive is asked for and the length is known", async () => {
    await using server = await openServer((stream) => answer(stream, "x"));
    await using plain = await RawSocket.open(server.port);
    plain.send("GET /p HTTP/1.0\r\n\r\n");
    expect(withoutDates(await plain.untilEnd())).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
    );
    await using kept = await RawSocket.open(server.port);
    kept.send("GET /p HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /p HTTP/1.0\r\n\r\n");
    const received = withoutDates(await kept.untilEnd());
    expect(received).toMatch(
      /^HTTP\/1\.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nxHTTP\/1\.1 200/,
    );
  });

  test("an HTTP/1.0 client never gets chunks", async () => {
    await using server = await openServer((stream) => {
      stream.sendHead(200, NO_FIELDS, UNKNOWN_LENGTH);
      stream.write(Buffer.from("hello"));
      stream.end(null);
    });
    await using client = await RawSocket.open(server.port);
    client.send("GET /p HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(withoutDates(await client.untilEnd())).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
  });

  test("draining closes a silent connection soon and a busy one after its answer", async () => {
    const waiting: ServerStream[] = [];
    await using server = await openServer((stream) => void waiting.push(stream));
    await using busy = await RawSocket.open(server.port);
    busy.send(GET);
    await waitUntil(() => waiting.length > 0);
    await using idle = await RawSocket.open(server.port);
    await waitUntil(() => server.connections.length === 2);
    expect(server.connections.map(({ busy }) => busy)).toEqual([true, false]);
    for (const connection of server.connections) connection.drain();
    expect(await idle.untilEnd()).toBe("");
    answer(waiting[0] as ServerStream, "x");
    expect(await busy.untilEnd()).toContain("\r\nConnection: close\r\n");
  });

  test("a request that crosses the beginning of a drain is answered, as the last one", async () => {
    await using server = await openServer((stream) => answer(stream, "x"));
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    await client.until((text) => text.endsWith("x"));
    for (const connection of server.connections) connection.drain();
    client.send(GET);
    const answers = await client.untilEnd();
    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(answers.match(/Connection: close/g)).toHaveLength(1);
  });

  test("a drain during an answer that promised more waits for one more request", async () => {
    const waiting: ServerStream[] = [];
    await using server = await openServer((stream) => void waiting.push(stream));
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    await waitUntil(() => waiting.length === 1);
    waiting[0]?.sendHead(200, NO_FIELDS, 1);
    for (const connection of server.connections) connection.drain();
    waiting[0]?.write(Buffer.from("x"));
    waiting[0]?.end(null);
    client.send(GET);
    await waitUntil(() => waiting.length === 2);
    answer(waiting[1] as ServerStream, "y");
    expect((await client.untilEnd()).endsWith("y")).toBe(true);
  });
});

describe("request bodies", () => {
  test("FR-23 100 is sent once the body is wanted, and the request goes on", async () => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    expect(await client.until((text) => text.includes("\r\n\r\n"))).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    await client.until((text) => text.includes("HTTP/1.1 200"));
    expect(backend.requests[0]?.body).toBe("hello");
    expect(backend.fault).toBeNull();
  });

  test("FR-23 an answer without 100 closes the connection", async () => {
    await using server = await openServer((stream) => answer(stream, "no"));
    await using client = await RawSocket.open(server.port);
    client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    const received = withoutDates(await client.untilEnd());
    expect(received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  });

  test("FR-43 an early answer reaches a client that is still sending", async () => {
    await using server = await openServer((stream) => answer(stream, "early"));
    await using client = await RawSocket.open(server.port);
    client.send(`POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50000\r\n\r\n${"x".repeat(1000)}`);
    await client.until((text) => text.endsWith("early"));
    client.send("x".repeat(40_000));
    expect(await client.untilEnd()).toContain("\r\nConnection: close\r\n");
    expect(client.failure).toBeNull();
  });

  test("a small body that nobody reads does not cost the connection", async () => {
    await using server = await openServer((stream) => answer(stream, "x"));
    await using client = await RawSocket.open(server.port);
    client.send(`POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello${GET}`);
    const received = await client.until((text) => text.split("HTTP/1.1 200").length === 3);
    expect(received).not.toContain("Connection: close");
  });

  test("FR-39 a client that ends inside its body takes the backend's connection with it", async () => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello");
    await waitUntil(() => backend.receivedBytes > 0);
    client.halfClose();
    await client.untilEnd();
    await waitUntil(() => backend.connections[0]?.ended === true);
    expect(proxy.clientErrors).toMatchObject([{ code: "closed" }]);
    expect(proxy.idle).toBeNull();
    expect(backend.requests).toHaveLength(0);
  });

  test("a client that resets its connection before the answer is noticed at once", async () => {
    await using server = await openServer(() => {});
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    await waitUntil(() => server.accepted.length > 0);
    client.socket.resetAndDestroy();
    await waitUntil(() => server.clientErrors.length > 0);
    expect(server.clientErrors[0]?.code).toBe("reset");
  });

  test("a paused body stops the client, and goes on when resumed", async () => {
    const opened: ServerStream[] = [];
    let resumed = false;
    let bytes = 0;
    await using server = await openServer((stream) => {
      opened.push(stream);
      stream.handler = {
        onBody: (chunk) => {
          bytes += chunk.length;
          stream.pauseBody();
          if (resumed) setImmediate(() => stream.resumeBody());
        },
        onBodyEnd: () => answer(stream, String(bytes)),
        onDrain: () => {},
        onClose: () => {},
      };
      stream.resumeBody();
    });
    await using client = await RawSocket.open(server.port);
    client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 20000000\r\n\r\n");
    client.socket.write(Buffer.alloc(20_000_000));
    await waitUntil(() => bytes > 0 && server.sockets[0]?.isPaused() === true);
    await manyTurns();
    expect(bytes).toBeLessThan(200_000);
    expect(client.socket.writableLength).toBeGreaterThan(1_000_000);
    resumed = true;
    opened[0]?.resumeBody();
    await client.until((text) => text.endsWith("20000000"));
  });
});

describe("responses", () => {
  test("a response shorter than announced is cut, not ended", async () => {
    await using server = await openServer((stream) => {
      stream.sendHead(200, NO_FIELDS, 10);
      stream.write(Buffer.from("hello"));
      stream.end(null);
    });
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    expect(await client.untilEnd()).toMatch(/\r\nContent-Length: 10\r\n[^]*\r\n\r\nhello$/);
  });

  test("BE-05 a cut takes no answer away that the client has not read yet", async () => {
    await using server = await openServer((stream) => {
      const isFirst = stream.request.target === "/first";
      stream.sendHead(200, NO_FIELDS, isFirst ? 30_000 : UNKNOWN_LENGTH);
      stream.write(Buffer.alloc(isFirst ? 30_000 : 5, "x"));
      if (isFirst) stream.end(null);
      else stream.abort();
    });
    await using client = await RawSocket.open(server.port);
    client.socket.pause();
    client.send(`GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n${GET}`);
    await waitUntil(() => server.accepted.length === 2);
    client.socket.resume();
    const [, first = "", cut = ""] = (await client.untilEnd()).split("\r\n\r\n");
    expect([first.startsWith("x".repeat(30_000)), cut]).toEqual([true, "5\r\nxxxxx\r\n"]);
    expect(client.failure).toBeNull();
  });

  test("a response longer than announced is cut", async () => {
    await using server = await openServer((stream) => {
      stream.sendHead(200, NO_FIELDS, 2);
      stream.write(Buffer.from("hello"));
      stream.end(null);
    });
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    expect(await client.untilEnd()).toMatch(/\r\nContent-Length: 2\r\n[^]*\r\n\r\n$/);
  });

  test.each([
    ["CR LF", "a\r\nX-Evil: 1"],
    ["NUL", "a\0"],
    ["a character whose low byte is LF", "a\u010aX-Evil: 1"],
  ])("HD-14 a response field with %s becomes 500", async (_name, value) => {
    await using server = await openServer((stream) => {
      stream.sendHead(200, HeaderList.from([["X", value]]), 0);
      stream.end(null);
    });
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    const received = await client.untilEnd();
    expect(received).toMatch(/^HTTP\/1\.1 500 /);
    expect(received).not.toContain("Evil");
    expect(server.clientErrors).toMatchObject([{ code: "malformed" }]);
  });

  test("framing and hop-by-hop fields given by a handler are not written", async () => {
    await using server = await openServer((stream) => {
      const names = [
        "Connection",
        "Transfer-Encoding",
        "Content-Length",
        "Keep-Alive",
        "Trailer",
        "TE",
        "Upgrade",
        "Date",
      ];
      stream.sendHead(200, HeaderList.from(names.map((name) => [name, "7"])), 1);
      stream.write(Buffer.from("x"));
      stream.end(null);
    });
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    expect(withoutDates(await client.until((text) => text.endsWith("x")))).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    );
  });

  test("calls that come after the end of an exchange touch nothing", async () => {
    const streams: ServerStream[] = [];
    await using server = await openServer((stream) => {
      streams.push(stream);
      if (streams.length === 2) {
        const [first] = streams;
        first?.write(Buffer.from("evil"));
        first?.abort();
        first?.closeAfterResponse();
        first?.end(null);
      }
      answer(stream, String(streams.length));
    });
    await using client = await RawSocket.open(server.port);
    client.send(GET + GET);
    const received = withoutDates(await client.until((text) => text.endsWith("2")));
    expect(received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
  });

  test("a slow reader stops the writer at about 64 KiB, and is told to go on", async () => {
    let written = 0;
    let drains = 0;
    let mostWaiting = 0;
    const total = 30_000_000;
    await using server = await openServer((stream) => {
      const write = (): void => {
        while (written < total) {
          written += 10_000;
          const goOn = stream.write(Buffer.alloc(10_000));
          mostWaiting = Math.max(mostWaiting, waitingBytes(server.sockets[0]));
          if (!goOn) return;
        }
        stream.end(null);
      };
      stream.handler = { ...stream.handler, onDrain: () => (drains++, write()) };
      stream.sendHead(200, NO_FIELDS, total);
      write();
    });
    await using client = await RawSocket.open(server.port);
    client.socket.pause();
    client.send(GET);
    await waitUntil(() => waitingBytes(server.sockets[0]) > 0);
    // What the kernel's socket buffers on this machine hold, and little more.
    expect(await untilStill(() => written)).toBeLessThan(total);
    let received = 0;
    client.socket.on("data", (chunk: Buffer) => (received += chunk.length));
    client.socket.resume();
    await waitUntil(() => received >= total);
    expect(drains).toBeGreaterThan(0);
    expect(mostWaiting).toBeLessThan(200_000);
  });

  test("a head that nothing follows leaves in the same turn", async () => {
    await using server = await openServer((stream) => stream.sendHead(200, NO_FIELDS, UNKNOWN_LENGTH));
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    expect(await client.until((text) => text.endsWith("\r\n\r\n"))).toContain("Transfer-Encoding: chunked");
  });
});

test("deadlines leave no timer behind when every connection is gone", async () => {
  const wheel = new TimerWheel(systemClock);
  {
    await using server = await openServer((stream) => answer(stream, "x"), { wheel });
    await using client = await RawSocket.open(server.port);
    client.send(GET);
    await client.until((text) => text.endsWith("x"));
    expect(wheel.size).toBe(1);
    client.socket.destroy();
    await waitUntil(() => wheel.size === 0);
  }
  expect(wheel.size).toBe(0);
});
