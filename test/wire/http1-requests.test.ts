import { describe, expect, test } from "vitest";
import { RawSocket } from "../support/clients/raw-socket.ts";
import { RecordingBackend } from "../support/servers/recording-backend.ts";
import { BROKEN_BODIES, FORWARDED_CASES } from "../support/builders/body-corpus.ts";
import { REFUSED_CASES } from "../support/builders/request-corpus.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const STATUS = /^HTTP\/1\.1 (\d{3}) /;

describe("a malformed request head gets its status, a closed connection, and nothing goes upstream", () => {
  test.each(REFUSED_CASES)("$name → $refused", async ({ bytes, refused }) => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(bytes);
    const answer = await client.untilEnd();
    expect(Number(STATUS.exec(answer)?.[1])).toBe(refused);
    expect(answer).toContain("\r\nConnection: close\r\n");
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(backend.connections).toHaveLength(0);
    expect(proxy.refusals).toMatchObject([{ status: refused }]);
  });
});

describe("the verdict on a head is the same byte by byte", () => {
  test.each(REFUSED_CASES.filter(({ bytes }) => bytes.length < 400))(
    "FR-44 $name → $refused",
    async ({ bytes, refused }) => {
      await using backend = await RecordingBackend.open();
      await using proxy = await WireProxy.open(backend.port);
      await using client = await RawSocket.open(proxy.port);
      await client.sendInPieces(bytes.split(""));
      const answer = await client.untilEnd();
      expect(Number(STATUS.exec(answer)?.[1])).toBe(refused);
      expect(backend.connections).toHaveLength(0);
    },
  );
});

test("FR-04 a Transfer-Encoding of parameters and blanks is refused without a search for ways to read it", async () => {
  await using backend = await RecordingBackend.open();
  await using proxy = await WireProxy.open(backend.port);
  await using client = await RawSocket.open(proxy.port);
  const codings = `x;${" ".repeat(30)},`.repeat(6);
  client.send(`POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: ${codings}@\r\n\r\n`);
  expect(STATUS.exec(await client.untilEnd())?.[1]).toBe("400");
});

describe("a malformed body gets its status, and the backend never sees a complete request", () => {
  test.each(BROKEN_BODIES)("$name → $refused", async ({ bytes, refused }) => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(bytes);
    const answer = await client.untilEnd();
    expect(Number(STATUS.exec(answer)?.[1])).toBe(refused);
    expect(backend.requests).toHaveLength(0);
    expect(backend.fault).toBeNull();
    expect(proxy.clientErrors).toMatchObject([{ code: "malformed" }]);
  });
});

describe("a correct request reaches the backend in one canonical form", () => {
  test.each(FORWARDED_CASES)("$name", async ({ bytes, forwarded = 1 }) => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(bytes);
    await client.until((received) => (received.match(/HTTP\/1\.1 200/g) ?? []).length === forwarded);
    expect(backend.fault).toBeNull();
    expect(backend.requests).toHaveLength(forwarded);
    expect(proxy.refusals).toEqual([]);
  });
});

describe("what is forwarded", () => {
  async function forward(bytes: string): Promise<Awaited<ReturnType<typeof readForwarded>>> {
    return readForwarded(bytes);
  }

  async function readForwarded(bytes: string) {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(bytes);
    await client.until((received) => received.includes("\r\n\r\n"));
    const [request] = backend.requests;
    return { fault: backend.fault, request, fields: new Map(request?.fields ?? []), stream: proxy.accepted[0] };
  }

  function sample(name: string): string {
    const found = FORWARDED_CASES.find((entry) => entry.name === name);
    if (found === undefined) throw new Error(`no case ${name}`);
    return found.bytes;
  }

  test("FR-08 a length with leading zeros is written in canonical decimal", async () => {
    const { request, fields } = await forward(sample("FR-08 leading zeros"));
    expect(fields.get("content-length")).toBe("5");
    expect(request?.body).toBe("hello");
  });

  test("FR-04 a coding in odd spelling is written as chunked", async () => {
    const { request, fields } = await forward(sample("FR-04 upper-case coding with blanks"));
    expect(fields.get("transfer-encoding")).toBe("chunked");
    expect(request?.body).toBe("hello");
  });

  test("FR-18 no trailer is forwarded, and none becomes a field", async () => {
    const { request, fields } = await forward(sample("FR-18 trailers with great names"));
    expect([...fields.keys()]).toEqual(["host", "transfer-encoding"]);
    expect(request?.body).toBe("hello");
  });

  test("FR-21 a request inside a GET body stays a body", async () => {
    const { request } = await forward(sample("FR-21 GET with a request as body"));
    expect(request?.body).toBe("GET /evil HTTP/1.1\r\nHost: b\r\n\r\n");
  });

  test("FR-40 an h2c upgrade is an ordinary request", async () => {
    const { stream, fields } = await forward(sample("FR-40 h2c upgrade"));
    expect(stream?.upgrade).toBeNull();
    expect(fields.has("upgrade")).toBe(false);
  });

  test("FR-41 an upgrade with a body is an ordinary request", async () => {
    const { stream, request } = await forward(sample("FR-41 upgrade with a body"));
    expect(stream?.upgrade).toBeNull();
    expect(request?.body).toBe("hello");
  });

  test("HD-02 fields with an underscore are dropped", async () => {
    const { fields } = await forward(sample("HD-02 alias of X-Forwarded-For"));
    expect([...fields.keys()]).toEqual(["host"]);
  });

  test("HD-08 an absolute-form target becomes its origin-form, the Host stays as sent", async () => {
    const { request, fields } = await forward(sample("HD-08 same authority"));
    expect(request?.startLine).toBe("POST /p?q HTTP/1.1".replace("POST", "GET"));
    expect(fields.get("host")).toBe("a.test");
  });

  test("HD-13 names of object prototypes are ordinary names", async () => {
    const { fields } = await forward(sample("HD-13 prototype names"));
    expect([...fields.keys()]).toEqual(["host", "constructor", "tostring", "hasownproperty"]);
  });
});

test("HD-02 fields with an underscore pass when that is asked for", async () => {
  await using backend = await RecordingBackend.open();
  await using proxy = await WireProxy.open(backend.port, { underscoresInHeaders: true });
  await using client = await RawSocket.open(proxy.port);
  client.send("GET /p HTTP/1.1\r\nHost: a.test\r\nX_Y: z\r\n\r\n");
  await client.until((received) => received.includes("\r\n\r\n"));
  expect(backend.requests[0]?.fields).toContainEqual(["x_y", "z"]);
});

test("HD-10 OPTIONS * is answered by the proxy itself", async () => {
  await using backend = await RecordingBackend.open();
  await using proxy = await WireProxy.open(backend.port);
  await using client = await RawSocket.open(proxy.port);
  client.send("OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n".repeat(2));
  const answer = await client.until((received) => received.split("\r\n\r\n").length === 3);
  expect(answer).toMatch(
    /^HTTP\/1\.1 200 OK\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\nContent-Length: 0\r\n/,
  );
  expect(backend.connections).toHaveLength(0);
});
