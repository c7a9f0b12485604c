import { describe, expect, test } from "vitest";
import { RawSocket, waitUntil } from "../support/clients/raw-socket.ts";
import { answerBytes, answerOk, RecordingBackend, type Respond } from "../support/servers/recording-backend.ts";
import { BAD_BODIES, BAD_HEADS, SPOILT_CONNECTIONS } from "../support/builders/response-corpus.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const GET = "GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** First answers in the given way, then properly. */
function once(first: Respond): Respond {
  let served = 0;
  return (socket, request, index) => (served++ === 0 ? first : answerOk)(socket, request, index);
}

describe("a response head that is wrong in any way becomes 502, and its connection is destroyed", () => {
  test.each(BAD_HEADS)("$name", async ({ respond }) => {
    await using backend = await RecordingBackend.open(once(respond));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET);
    const answer = await client.until((received) => /^HTTP\/1\.1 502 [^]*\r\n\r\n[a-z-]+$/m.test(received));
    expect(answer.replace(/HTTP\/1\.1 103 Early Hints\r\n\r\n/g, "")).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer).not.toContain("Evil");
    await waitUntil(() => backend.connections[0]?.ended === true);
    expect(proxy.idle).toBeNull();
    expect(proxy.upstreamErrors).toHaveLength(1);
  });
});

describe("a response that is cut is never presented as complete", () => {
  test.each(BAD_BODIES)("$name", async ({ respond }) => {
    await using backend = await RecordingBackend.open(once(respond));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET);
    const answer = await client.untilEnd();
    expect(answer.endsWith("0\r\n\r\n")).toBe(false);
    expect(client.failure === "ECONNRESET" || !isComplete(answer)).toBe(true);
    expect(proxy.idle).toBeNull();
  });

  function isComplete(answer: string): boolean {
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    return length === undefined ? !head.includes("chunked") : body.length >= Number(length);
  }

  test("BE-05 an HTTP/1.0 client sees a reset instead of the end of a cut response", async () => {
    await using backend = await RecordingBackend.open(
      answerBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "end"),
    );
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send("GET /p HTTP/1.0\r\n\r\n");
    await client.untilEnd();
    expect(client.failure).toBe("ECONNRESET");
  });
});

test("a slow body does not hold the head back", async () => {
  await using backend = await RecordingBackend.open(answerBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  await using proxy = await WireProxy.open(backend.port);
  await using client = await RawSocket.open(proxy.port);
  client.send(GET);
  const answer = await client.until((received) => received.endsWith("\r\n\r\n"));
  expect(answer).toContain("Content-Length: 5");
});

describe("a connection that said too much, or ended, is not used again", () => {
  test.each(SPOILT_CONNECTIONS)("$name", async ({ respond }) => {
    await using backend = await RecordingBackend.open(once(respond));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET + GET);
    const answer = await client.until((received) => received.endsWith("GET /p HTTP/1.1"));
    expect(answer).not.toContain("evil");
    expect(backend.connections).toHaveLength(2);
    expect(backend.fault).toBeNull();
  });

  test("BE-06 an idle connection on which bytes arrive is destroyed", async () => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET);
    await client.until((received) => received.endsWith("GET /p HTTP/1.1"));
    expect(proxy.idle).not.toBeNull();
    backend.connections[0]?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    await waitUntil(() => proxy.idle === null && backend.connections[0]?.ended === true);
    client.send(GET);
    const answer = await client.until((received) => received.split("GET /p HTTP/1.1").length === 3);
    expect(answer).not.toContain("evil");
    expect(backend.connections).toHaveLength(2);
  });

  test("BE-13 a connection that the backend ended behind its response leaves the pool", async () => {
    await using backend = await RecordingBackend.open(
      once(answerBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "end")),
    );
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET);
    await client.until((received) => received.endsWith("hello"));
    await waitUntil(() => proxy.idle === null);
    client.send(GET);
    await client.until((received) => received.endsWith("GET /p HTTP/1.1"));
    expect(backend.connections).toHaveLength(2);
  });

  test("BE-13 a reused connection that the backend closed unanswered says so, for whoever may try again", async () => {
    await using backend = await RecordingBackend.open((socket, request, index) => {
      if (index === 0) answerOk(socket, request, index);
      else socket.destroy();
    });
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET + GET);
    await client.until((received) => received.includes("HTTP/1.1 502"));
    expect(proxy.upstreamErrors).toMatchObject([{ requestSent: true, responseStarted: false }]);
    expect(proxy.upstreamErrors[0]?.code).toMatch(/^(closed|reset)$/);
  });

  test("BE-06 bytes behind the answer to HEAD are not a body, and spoil the connection", async () => {
    await using backend = await RecordingBackend.open(
      once(answerBytes("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")),
    );
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(`HEAD /p HTTP/1.1\r\nHost: a.test\r\n\r\n${GET}`);
    const answer = await client.until((received) => received.endsWith("GET /p HTTP/1.1"));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 4\r\n/);
    expect(answer).not.toContain("evil");
    expect(backend.connections).toHaveLength(2);
  });

  test.each(["Transfer-Encoding: chunked", "Content-Length: 4"])(
    "BE-06 a connection is not used again after a 204 that announces a body by %s",
    async (framing) => {
      await using backend = await RecordingBackend.open(
        once(answerBytes(`HTTP/1.1 204 No Content\r\n${framing}\r\n\r\n`)),
      );
      await using proxy = await WireProxy.open(backend.port);
      await using client = await RawSocket.open(proxy.port);
      client.send(GET + GET);
      await client.until((received) => received.endsWith("GET /p HTTP/1.1"));
      expect(backend.connections).toHaveLength(2);
    },
  );

  test("FR-22 a backend that answers before the request body was sent is heard, and destroyed", async () => {
    await using backend = await RecordingBackend.open();
    backend.onBytes = (socket, received) => {
      if (received.startsWith("POST") && received.endsWith("half"))
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
    };
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8\r\n\r\nhalf");
    await client.until((received) => received.endsWith("early"));
    await waitUntil(() => backend.connections[0]?.ended === true);
    expect(proxy.idle).toBeNull();
    await client.untilEnd();
  });

  test("an answered connection is used for the next request", async () => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET.repeat(5));
    await client.until((received) => received.split("GET /p HTTP/1.1").length === 6);
    expect(backend.connections).toHaveLength(1);
    expect(backend.requests).toHaveLength(5);
  });
});

describe("what a response keeps", () => {
  async function answerTo(request: string, response: string, end: "keep" | "end" = "keep"): Promise<string> {
    await using backend = await RecordingBackend.open(answerBytes(response, end));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    return (await client.untilEnd()).replace(/Date: [^\r]*\r\n/, "");
  }

  test("BE-17 hop-by-hop fields go, and nominations of security fields are ignored", async () => {
    const fields =
      "Connection: Set-Cookie, X-Hop\r\nSet-Cookie: a=b\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nTrailer: x\r\nUpgrade: h2c\r\nTE: x\r\n";
    const answer = await answerTo(GET, `HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`);
    expect(answer).toBe("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });

  test("BE-07 the reason phrase is ours", async () => {
    const answer = await answerTo(GET, "HTTP/1.1 404 <script>\r\nContent-Length: 0\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  test("a status line without a reason and its space is accepted", async () => {
    expect(await answerTo(GET, "HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n")).toMatch(/^HTTP\/1\.1 299 \r\n/);
  });

  test("a close-delimited body is sent in chunks", async () => {
    const answer = await answerTo(GET, "HTTP/1.1 200 OK\r\n\r\nhello", "end");
    expect(answer).toBe(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
  });

  test("a body that is empty until the connection closes is an empty body", async () => {
    const answer = await answerTo(GET, "HTTP/1.1 200 OK\r\n\r\n", "end");
    expect(answer).toMatch(/chunked\r\nConnection: close\r\n\r\n0\r\n\r\n$/);
  });

  test("304 and HEAD keep the length of the body that is not sent", async () => {
    expect(await answerTo(GET, "HTTP/1.1 304 X\r\nContent-Length: 0012\r\n\r\n")).toContain(
      "\r\nContent-Length: 12\r\n",
    );
    const head = await answerTo(GET.replace("GET", "HEAD"), "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
    expect(head).toBe("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n");
  });

  test("HEAD of a chunked resource and 204 carry no framing", async () => {
    const head = await answerTo(GET.replace("GET", "HEAD"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(head).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    expect(await answerTo(GET, "HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n")).toBe(
      "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    );
  });

  test("BE-10 up to eight interim responses pass, 100 does not", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const answer = await answerTo(
      GET,
      `HTTP/1.1 100 Continue\r\n\r\n${hints.repeat(7)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(answer.startsWith(`${hints.repeat(7)}HTTP/1.1 200 OK\r\n`)).toBe(true);
  });

  test("BE-10 an HTTP/1.0 client gets no interim response", async () => {
    const answer = await answerTo(
      "GET /p HTTP/1.0\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test("trailers of a response are dropped", async () => {
    const answer = await answerTo(
      GET,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Evil: 1\r\n\r\n",
    );
    expect(answer).not.toContain("Evil");
    expect(answer.endsWith("\r\n5\r\nhello\r\n0\r\n\r\n")).toBe(true);
  });
});
