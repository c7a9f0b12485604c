import { describe, expect, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import type { H2RawClient } from "../support/clients/h2-raw-client.ts";
import { END_STREAM, frame, FRAME, getFields, headers } from "../support/clients/h2-raw-client.ts";
import type { RecordedRequest } from "../support/servers/recording-acceptor.ts";
import { setUpH2 } from "../support/servers/h2-setup.ts";

const PROTOCOL = 1;
const STREAM_CLOSED = 5;
const FRAME_SIZE = 6;
const PRIORITY = 2;
const WITH_PRIORITY = 0x20;
const POST = getFields({ ":method": "POST" });
const GET = getFields();

const { startRaw: start } = setUpH2();

function answer({ stream }: RecordedRequest): void {
  stream.resumeBody();
  stream.sendHead(200, new HeaderList(), 0);
  stream.end(null);
}

function silent({ stream }: RecordedRequest): void {
  stream.resumeBody();
}

function data(stream: number, flags = 0): Buffer {
  return frame(FRAME.data, flags, stream, Buffer.from("late"));
}

function priority(stream: number, dependsOn: number): Buffer {
  return frame(PRIORITY, 0, stream, Buffer.from([0, 0, 0, dependsOn, 16]));
}

/** HEADERS whose priority says that the stream depends on another one. */
function dependent(stream: number, dependsOn: number): Buffer {
  const plain = headers(stream, END_STREAM, GET);
  return frame(
    FRAME.headers,
    plain.readUInt8(4) | WITH_PRIORITY,
    stream,
    Buffer.concat([Buffer.from([0, 0, 0, dependsOn, 16]), plain.subarray(9)]),
  );
}

async function goawayCode(client: H2RawClient): Promise<number> {
  const goaway = await client.frame((f) => f.type === FRAME.goaway);
  return goaway.payload.readUInt32BE(4);
}

/** Everything before it was handled. */
async function echo(client: H2RawClient): Promise<void> {
  client.write(frame(FRAME.ping, 0, 0, Buffer.from("are-here")));
  await client.frame((f) => f.type === FRAME.ping && f.flags === 1 && f.payload.toString() === "are-here");
}

describe("an answered stream is over: what follows ends the connection", () => {
  test.each<[string, number, readonly Buffer[]]>([
    ["DATA", STREAM_CLOSED, [data(1)]],
    ["HEADERS", STREAM_CLOSED, [headers(1, END_STREAM, GET)]],
    [
      "HEADERS of a lower stream that was never opened",
      PROTOCOL,
      [headers(5, END_STREAM, GET), headers(3, END_STREAM, GET)],
    ],
  ])("%s", async (_name, code, frames) => {
    const { client, acceptor } = await start(answer);
    client.write(headers(1, END_STREAM, GET));
    expect(await client.status(1)).toBe("200");
    client.write(...frames);
    expect(await goawayCode(client)).toBe(code);
    await client.whenClosed();
    expect(acceptor.requests.length).toBeLessThanOrEqual(2);
  });
});

describe("after a reset by the client", () => {
  test.each<[string, Buffer]>([
    ["DATA is a fault of the stream", data(1)],
    ["HEADERS are a fault of the stream", headers(1, END_STREAM, GET)],
  ])("%s", async (_name, late) => {
    const { client } = await start(silent);
    client.write(headers(1, 0, POST), frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, 8])), late);
    expect(await client.resetCode(1)).toBe(STREAM_CLOSED);
    await echo(client);
  });
});

test("what crosses our reset is ignored, HEADERS and DATA alike, and its compression state is kept", async () => {
  const { client } = await start(({ stream }) => stream.abort());
  client.write(headers(1, 0, POST));
  expect(await client.resetCode(1)).toBe(2);
  client.write(
    data(1),
    headers(1, END_STREAM, [["x-late", "1"]]),
    frame(FRAME.windowUpdate, 0, 1, Buffer.from([0, 0, 0, 9])),
  );
  await echo(client);
  expect(client.frames.filter((f) => f.type === FRAME.reset)).toHaveLength(1);
});

test("more DATA after our reset than the stream's window had is counted", async () => {
  const { client } = await start(({ stream }) => stream.abort());
  client.write(headers(1, 0, POST));
  expect(await client.resetCode(1)).toBe(2);
  for (let i = 0; i < 700; i++) client.write(frame(FRAME.data, 0, 1, Buffer.alloc(1000)));
  expect(await goawayCode(client)).toBe(11);
});

test("HEADERS after the end of a stream that is not answered yet reset it", async () => {
  const { acceptor, client } = await start(silent);
  client.write(headers(1, END_STREAM, GET), headers(1, END_STREAM, GET));
  expect(await client.resetCode(1)).toBe(STREAM_CLOSED);
  await acceptor.until(() => acceptor.requests[0]?.closedBy !== null);
});

test("after our GOAWAY, new streams are ignored with all their frames", async () => {
  const { acceptor, client, server } = await start(silent);
  client.write(headers(1, END_STREAM, GET));
  await acceptor.request();
  for (const served of server.served) served.drain();
  expect(await goawayCode(client)).toBe(0);
  client.write(
    headers(3, 0, POST),
    data(3),
    frame(FRAME.windowUpdate, 0, 3, Buffer.from([0, 0, 0, 9])),
    frame(FRAME.reset, 0, 3, Buffer.from([0, 0, 0, 8])),
  );
  await echo(client);
  acceptor.requests[0]?.stream.sendHead(200, new HeaderList(), 0);
  acceptor.requests[0]?.stream.end(null);
  expect(await client.status(1)).toBe("200");
  await client.whenClosed();
  expect(acceptor.requests).toHaveLength(1);
});

describe("PRIORITY", () => {
  test.each<[string, number, readonly Buffer[]]>([
    ["on stream 0", PROTOCOL, [priority(0, 1)]],
    ["on an idle stream that depends on itself", PROTOCOL, [priority(1, 1)]],
    ["on an idle stream, of the wrong size", FRAME_SIZE, [frame(PRIORITY, 0, 1, Buffer.alloc(4))]],
  ])("%s ends the connection", async (_name, code, frames) => {
    const { client } = await start(silent);
    client.write(...frames);
    expect(await goawayCode(client)).toBe(code);
    await client.whenClosed();
  });

  test.each<[string, number, readonly Buffer[]]>([
    ["that makes it depend on itself", PROTOCOL, [headers(1, END_STREAM, GET), priority(1, 1)]],
    ["of the wrong size", FRAME_SIZE, [headers(1, END_STREAM, GET), frame(PRIORITY, 0, 1, Buffer.alloc(6))]],
    ["in HEADERS that depend on themselves", PROTOCOL, [dependent(1, 1)]],
  ])("%s resets an open stream", async (_name, code, frames) => {
    const { client } = await start(silent);
    client.write(...frames);
    expect(await client.resetCode(1)).toBe(code);
    await echo(client);
  });

  test("is else taken in every state", async () => {
    const { client } = await start(answer);
    client.write(priority(9, 3), dependent(1, 3), priority(1, 3));
    expect(await client.status(1)).toBe("200");
    client.write(priority(1, 7), headers(3, END_STREAM, GET));
    expect(await client.status(3)).toBe("200");
  });
});
