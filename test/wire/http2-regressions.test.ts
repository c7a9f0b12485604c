import { expect, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import { END_STREAM, frame, FRAME, getFields, headers } from "../support/clients/h2-raw-client.ts";
import { setUpH2 } from "../support/servers/h2-setup.ts";

/** Faults that other proxies had with HTTP/2 clients. */
const setup = setUpH2();

const start = () => setup.startRaw(({ stream }) => stream.resumeBody());

function upload(length: number): Buffer {
  return headers(1, 0, getFields({ ":method": "POST" }, [["content-length", String(length)]]));
}

const DATA = frame(FRAME.data, 0, 1, Buffer.from("hello"));

test("H2-15 trailers end a body whose length was announced (HAProxy)", async () => {
  const { acceptor, client } = await start();
  client.write(upload(5), DATA, headers(1, END_STREAM, [["x-sum", "1"]]));
  const request = await acceptor.request();
  await acceptor.until(() => request.ended);
  expect([request.text, request.trailers?.get("x-sum")]).toEqual(["hello", "1"]);
});

test("H2-15 trailers that come before the whole body never make it complete (HAProxy)", async () => {
  const { acceptor, client } = await start();
  client.write(upload(9), DATA, headers(1, END_STREAM, [["x-sum", "1"]]));
  expect(await client.resetCode(1)).toBe(1);
  expect((await acceptor.request()).ended).toBe(false);
});

test.each([
  ["a pseudo-header", [[":path", "/evil"]]],
  ["a line break", [["x-sum", "1\r\nx-evil: 1"]]],
  ["capitals", [["X-Sum", "1"]]],
  ["transfer-encoding", [["transfer-encoding", "chunked"]]],
] as const)("H2-15 trailers with %s reset the stream", async (_name, fields) => {
  const { acceptor, client } = await start();
  client.write(upload(5), DATA, headers(1, END_STREAM, fields));
  expect(await client.resetCode(1)).toBe(1);
  expect((await acceptor.request()).ended).toBe(false);
});

test("H2-15 trailers that do not end the stream reset it", async () => {
  const { acceptor, client } = await start();
  client.write(upload(5), DATA, headers(1, 0, [["x-sum", "1"]]));
  await client.frame((one) => one.type === FRAME.reset || one.type === FRAME.goaway);
  expect((await acceptor.request()).ended).toBe(false);
});

test.each(["Z", "xZ", "Zx", "A"])("the name %s is not lower case (HAProxy)", async (name) => {
  const { acceptor, client } = await start();
  client.write(headers(1, END_STREAM, getFields({}, [[name, "1"]])));
  expect(await client.resetCode(1)).toBe(1);
  expect(acceptor.requests).toHaveLength(0);
});

test("DATA behind a reset in one packet harms nobody (Envoy CVE-2026-26311)", async () => {
  const { acceptor, client } = await start();
  const reset = frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, 8]));
  client.write(upload(10), DATA, reset, DATA, frame(FRAME.data, END_STREAM, 1, Buffer.from("x")));
  const request = await acceptor.request();
  await acceptor.until(() => request.closedBy !== null);
  expect([request.text, request.ended]).toEqual(["hello", false]);
  client.write(headers(3, END_STREAM, getFields()));
  await acceptor.until(() => acceptor.requests.length === 2);
  acceptor.requests[1]?.stream.sendHead(204, new HeaderList(), 0);
  acceptor.requests[1]?.stream.end(null);
  expect(await client.status(3)).toBe("204");
});
