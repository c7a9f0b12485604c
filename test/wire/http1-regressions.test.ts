import { describe, expect, test } from "vitest";
import { RawSocket, waitUntil } from "../support/clients/raw-socket.ts";
import { type Respond, RecordingBackend } from "../support/servers/recording-backend.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

/** Faults that other proxies had, where the corpora have no case of them. */
async function refused(bytes: string): Promise<{ status: number; connections: number }> {
  await using backend = await RecordingBackend.open();
  await using proxy = await WireProxy.open(backend.port);
  await using client = await RawSocket.open(proxy.port);
  client.send(bytes);
  const answer = await client.untilEnd();
  return { status: Number(answer.split(" ")[1]), connections: backend.connections.length };
}

describe("requests", () => {
  test("an absolute-form without a path has its authority compared too (HAProxy)", async () => {
    const bytes = "GET http://b.test HTTP/1.1\r\nHost: a.test\r\n\r\n";
    expect(await refused(bytes)).toEqual({ status: 400, connections: 0 });
  });

  test("the payload of CONNECT is neither forwarded nor read as a request (Traefik, Pingora)", async () => {
    const bytes = "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\nGET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n";
    expect(await refused(bytes)).toEqual({ status: 405, connections: 0 });
  });

  test("an HTTP/1.0 request without a length has no body, and what follows is nobody's (Pingora)", async () => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send("POST /p HTTP/1.0\r\nHost: a.test\r\n\r\nGET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n");
    expect((await client.untilEnd()).match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(backend.requests.map(({ startLine, body }) => [startLine, body])).toEqual([["POST /p HTTP/1.1", ""]]);
  });

  test("a chunk longer than 32 bits is never announced upstream before it came (HAProxy)", async () => {
    await using backend = await RecordingBackend.open();
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n100000005\r\nhello");
    await waitUntil(() => backend.connections[0]?.received.endsWith("\r\n\r\n5\r\nhello\r\n") === true);
  });

  test("100-continue leaves nothing behind for the next request after another answer (Go CVE-2024-24791)", async () => {
    const respond: Respond = (socket, request) => {
      const status = request.startLine.startsWith("POST") ? "417 X" : "200 OK";
      socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`);
    };
    await using backend = await RecordingBackend.open(respond);
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send("POST /p HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    await client.until((text) => text.includes("100 Continue"));
    client.send("hi");
    await client.until((text) => text.includes("HTTP/1.1 417"));
    client.send("GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await client.until((text) => text.includes("HTTP/1.1 200"));
    expect(backend.fault).toBeNull();
    expect(backend.requests.every(({ fields }) => fields.every(([name]) => name !== "expect"))).toBe(true);
  });
});

describe("connections that belong to a user are not given to another (HAProxy)", () => {
  const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";

  async function connectionsUsed(requestField: string, responseField: string): Promise<number> {
    await using backend = await RecordingBackend.open((socket) => {
      socket.write(`${OK}${responseField}\r\nok`);
    });
    await using proxy = await WireProxy.open(backend.port);
    for (const name of ["one", "two"]) {
      await using client = await RawSocket.open(proxy.port);
      client.send(`GET /${name} HTTP/1.1\r\nHost: a.test\r\n${requestField}\r\n`);
      await client.until((text) => text.endsWith("ok"));
    }
    return backend.connections.length;
  }

  test.each([
    ["NTLM credentials", "Authorization: NTLM TlRMTVNTUAAB\r\n", ""],
    ["Negotiate credentials", "Authorization: negotiate YII=\r\n", ""],
    ["an NTLM challenge", "", "WWW-Authenticate: NTLM\r\n"],
    ["a Negotiate challenge among others", "", "WWW-Authenticate: Basic realm=x\r\nWWW-Authenticate: Negotiate\r\n"],
    ["a challenge in a list", "", "WWW-Authenticate: Basic realm=x, NTLM\r\n"],
  ])("%s", async (_name, requestField, responseField) => {
    expect(await connectionsUsed(requestField, responseField)).toBe(2);
  });

  test.each([
    ["Basic credentials", "Authorization: Basic TlRMTQ==\r\n", ""],
    ["a Basic challenge", "", 'WWW-Authenticate: Basic realm="ntlm"\r\n'],
  ])("%s belong to the request", async (_name, requestField, responseField) => {
    expect(await connectionsUsed(requestField, responseField)).toBe(1);
  });
});
