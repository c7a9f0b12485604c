import { describe, expect, test } from "vitest";
import { RawSocket } from "../support/clients/raw-socket.ts";
import { answerBytes, RecordingBackend } from "../support/servers/recording-backend.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const GET = "GET /p HTTP/1.1\r\nHost: a.test\r\n\r\n";

/** The client's side of two equal requests, one after the other over one connection. */
async function twoAnswers(answer: string, answerHeadBytes = 65_536): Promise<string> {
  await using backend = await RecordingBackend.open(answerBytes(answer));
  await using proxy = await WireProxy.open(backend.port);
  proxy.answerHeadBytes = answerHeadBytes;
  await using client = await RawSocket.open(proxy.port);
  client.send(GET);
  await client.until((text) => /(?:\r\n0\r\n\r\n|hello|too-large|malformed)$/.test(text));
  const first = client.received.length;
  client.send(GET);
  await client.until((text) => text.length >= 2 * first);
  return client.received.slice(first).replace(/Date: [^\r]*\r\n/, "");
}

function ok(lines: readonly string[], body: string): string {
  return ["HTTP/1.1 200 OK", ...lines, "", body].join("\r\n");
}

describe("chunk sizes of an endpoint that are padded", () => {
  test.each([
    ["by blanks", "5   \r\nhello\r\n0   \r\n\r\n"],
    ["by tabs", "5\t\t\r\nhello\r\n0\t\r\n\r\n"],
    ["in the manner of old servers", "5     \r\nhello\r\n0     \r\nX: y\r\n\r\n"],
  ])("%s are read and framed anew", async (_name, body) => {
    const answer = await twoAnswers(ok(["Transfer-Encoding: chunked"], body));
    expect(answer).toBe("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  });

  test.each([
    ["padding in front", " 5\r\nhello\r\n0\r\n\r\n"],
    ["padding in the middle", "5 5\r\nhello\r\n0\r\n\r\n"],
    ["padding and an extension", "5 ;a\r\nhello\r\n0\r\n\r\n"],
    ["padding and LF", "5 \nhello\r\n0\r\n\r\n"],
    ["padding only", "  \r\nhello\r\n0\r\n\r\n"],
    ["endless padding", `5${" ".repeat(70_000)}\r\nhello\r\n0\r\n\r\n`],
  ])("BE-04 %s breaks the answer off", async (_name, body) => {
    await using backend = await RecordingBackend.open(answerBytes(ok(["Transfer-Encoding: chunked"], body)));
    await using proxy = await WireProxy.open(backend.port);
    await using client = await RawSocket.open(proxy.port);
    client.send(GET);
    expect((await client.untilEnd()).endsWith("0\r\n\r\n")).toBe(false);
    expect(proxy.upstreamErrors).toMatchObject([{ code: "malformed" }]);
    expect(proxy.idle).toBeNull();
  });
});

describe("a status of an endpoint", () => {
  test.each([600, 704, 999])("%i passes as it is, with its body", async (status) => {
    const answer = await twoAnswers(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 5\r\n\r\nhello`);
    expect(answer).toBe(`HTTP/1.1 ${status} \r\nContent-Length: 5\r\n\r\nhello`);
  });
});

/** A head of so many bytes, made of fields of 1 KB. */
function headOf(bytes: number): string {
  const start = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n";
  let head = start;
  while (bytes - head.length - 2 > 2048) head += `X-Long: ${"x".repeat(1014)}\r\n`;
  head += `X-Last: ${"y".repeat(bytes - head.length - 12)}\r\n\r\n`;
  return head;
}

describe("the head of an endpoint's answer", () => {
  test.each([
    ["64 KiB always", 65_536, 65_536],
    ["128 KiB where that is the limit", 131_072, 131_072],
  ])("may have %s", async (_name, bytes, limit) => {
    const answer = await twoAnswers(`${headOf(bytes)}hello`, limit);
    expect(answer.length).toBe(`${headOf(bytes)}hello`.length);
  });

  test.each([
    ["64 KiB", 65_536],
    ["128 KiB", 131_072],
  ])("with a byte more than %s is 502", async (_name, limit) => {
    expect(await twoAnswers(`${headOf(limit + 1)}hello`, limit)).toMatch(/^HTTP\/1\.1 502 [^]*too-large$/);
  });

  test("may have as many fields as fit in", async () => {
    const fields = Array.from({ length: 900 }, (_, i) => `Set-Cookie: session-${i}=0123456789012345678901234567890`);
    const answer = await twoAnswers(ok([...fields, "Content-Length: 5"], "hello"));
    expect(answer.split("Set-Cookie").length).toBe(901);
  });
});
