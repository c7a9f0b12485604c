import { describe, expect, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import { UNKNOWN_LENGTH } from "../../src/wire/seam/rules.ts";
import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  FRAME,
  getFields,
  H2RawClient,
  headers,
} from "../support/clients/h2-raw-client.ts";
import type { RecordedRequest } from "../support/servers/recording-acceptor.ts";
import { setUpH2 } from "../support/servers/h2-setup.ts";

const PRIORITY = 2;
const PUSH_PROMISE = 5;
const UNKNOWN_TYPE = 42;
const CALM = 11;

const { startRaw: start } = setUpH2();

function answer({ stream }: RecordedRequest): void {
  stream.resumeBody();
  stream.sendHead(200, new HeaderList(), 0);
  stream.end(null);
}

function takeBody({ stream }: RecordedRequest): void {
  stream.resumeBody();
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

async function goawayCode(client: H2RawClient): Promise<number> {
  return (await client.frame((f) => f.type === FRAME.goaway)).payload.readUInt32BE(4);
}

const POST = getFields({ ":method": "POST" });

describe("frames of no use end the connection with ENHANCE_YOUR_CALM when there are many", () => {
  test.each<[string, () => Buffer]>([
    ["H2-20 empty DATA", () => frame(FRAME.data, 0, 1)],
    ["H2-20 unknown frames", () => frame(UNKNOWN_TYPE, 0, 0, Buffer.from("hi"))],
    ["H2-20 PRIORITY", () => frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 16]))],
    ["H2-21 SETTINGS that change nothing", () => frame(FRAME.settings, 0, 0, Buffer.from([0, 1, 0, 0, 16, 0]))],
    ["HEADERS for streams that are over", () => headers(1, END_STREAM, getFields())],
  ])("%s", async (_name, one) => {
    const { client } = await start(takeBody);
    client.write(headers(1, 0, POST));
    for (let i = 0; i < 700; i++) client.write(one());
    expect(await goawayCode(client)).toBe(CALM);
    await client.whenClosed();
  });

  test("H2-19 empty CONTINUATIONs", async () => {
    const { acceptor, client } = await start(answer);
    client.write(frame(FRAME.headers, END_STREAM, 1, fieldBlock(getFields())));
    for (let i = 0; i < 100; i++) client.write(frame(FRAME.continuation, 0, 1));
    expect(await goawayCode(client)).toBe(CALM);
    expect(acceptor.requests).toHaveLength(0);
  });

  test("H2-25 streams above the limit, again and again", async () => {
    const { client } = await start(takeBody, { maxConcurrentStreams: 2 });
    for (let i = 0; i < 100; i++) client.write(headers(i * 2 + 1, 0, POST));
    expect(await client.resetCode(5)).toBe(7);
    expect(await goawayCode(client)).toBe(CALM);
  });
});

describe("H2-18 making us reset streams costs a client as much as resetting them", () => {
  test.each<[string, (id: number) => readonly Buffer[]]>([
    ["WINDOW_UPDATE of nothing", (id) => [headers(id, 0, POST), frame(FRAME.windowUpdate, 0, id, word(0))]],
    ["a window that overflows", (id) => [headers(id, 0, POST), frame(FRAME.windowUpdate, 0, id, word(0x7fff_ffff))]],
    [
      "DATA after the end",
      (id) => [headers(id, END_STREAM, getFields()), frame(FRAME.data, 0, id, Buffer.from("late"))],
    ],
    [
      "a body longer than it was said to be",
      (id) => [
        headers(id, 0, getFields({ ":method": "POST" }, [["content-length", "1"]])),
        frame(FRAME.data, 0, id, Buffer.from("long")),
      ],
    ],
    ["malformed requests", (id) => [headers(id, END_STREAM, getFields({ ":path": "" }))]],
    ["HEADERS in the middle of a stream", (id) => [headers(id, 0, POST), headers(id, 0, [["x", "1"]])]],
  ])("%s", async (_name, frames) => {
    const { client } = await start(takeBody);
    for (let i = 0; i < 300; i++) client.write(...frames(i * 2 + 1));
    expect(await goawayCode(client)).toBe(CALM);
    await client.whenClosed();
  });
});

describe("a client that breaks the protocol is told so and closed", () => {
  test.each<[string, number, () => readonly Buffer[]]>([
    ["H2-26 a connection window that overflows", 3, () => [frame(FRAME.windowUpdate, 0, 0, word(0x7fff_ffff))]],
    ["a WINDOW_UPDATE of nothing", 1, () => [frame(FRAME.windowUpdate, 0, 0, word(0))]],
    ["a WINDOW_UPDATE for an idle stream", 1, () => [frame(FRAME.windowUpdate, 0, 9, word(1))]],
    ["a WINDOW_UPDATE of the wrong size", 6, () => [frame(FRAME.windowUpdate, 0, 0, Buffer.alloc(3))]],
    ["an initial window above the limit", 3, () => [frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 255, 0, 0, 0]))]],
    ["SETTINGS of the wrong size", 6, () => [frame(FRAME.settings, 0, 0, Buffer.alloc(5))]],
    ["SETTINGS on a stream", 1, () => [frame(FRAME.settings, 0, 1)]],
    ["an acknowledgement with content", 6, () => [frame(FRAME.settings, 1, 0, Buffer.alloc(6))]],
    ["a frame size that is too small", 1, () => [frame(FRAME.settings, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1]))]],
    ["a push that is neither on nor off", 1, () => [frame(FRAME.settings, 0, 0, Buffer.from([0, 2, 0, 0, 0, 2]))]],
    ["a frame of 16 KiB and one byte", 6, () => [frame(FRAME.data, 0, 1, Buffer.alloc(16_385))]],
    ["DATA on stream 0", 1, () => [frame(FRAME.data, 0, 0, Buffer.from("x"))]],
    ["DATA on an idle stream", 1, () => [frame(FRAME.data, 0, 1, Buffer.from("x"))]],
    ["padding as long as the frame", 1, () => [headers(1, 0, POST), frame(FRAME.data, 8, 1, Buffer.from([5, 0]))]],
    ["HEADERS on an even stream", 1, () => [headers(2, END_STREAM, getFields())]],
    ["CONTINUATION without HEADERS", 1, () => [frame(FRAME.continuation, END_HEADERS, 1)]],
    [
      "a frame inside a header block",
      1,
      () => [frame(FRAME.headers, 0, 1, fieldBlock(getFields())), frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ],
    [
      "a CONTINUATION of another stream",
      1,
      () => [frame(FRAME.headers, 0, 1, fieldBlock(getFields())), frame(FRAME.continuation, END_HEADERS, 3)],
    ],
    ["an index that nothing stands at", 9, () => [frame(FRAME.headers, END_HEADERS, 1, Buffer.from([0xff, 0x10]))]],
    ["a table larger than ours", 9, () => [frame(FRAME.headers, END_HEADERS, 1, Buffer.from([0x3f, 0xe2, 0x1f]))]],
    ["a number without end", 9, () => [frame(FRAME.headers, END_HEADERS, 1, Buffer.alloc(20, 0xff))]],
    ["RST_STREAM for an idle stream", 1, () => [frame(FRAME.reset, 0, 1, word(8))]],
    ["RST_STREAM of the wrong size", 6, () => [frame(FRAME.reset, 0, 1, Buffer.alloc(3))]],
    ["PING of the wrong size", 6, () => [frame(FRAME.ping, 0, 0, Buffer.alloc(7))]],
    ["PING on a stream", 1, () => [frame(FRAME.ping, 0, 1, Buffer.alloc(8))]],
    ["PUSH_PROMISE", 1, () => [frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(4))]],
    ["PRIORITY of the wrong size", 6, () => [frame(PRIORITY, 0, 1, Buffer.alloc(4))]],
  ])("%s", async (_name, code, frames) => {
    const { client } = await start(takeBody);
    client.write(...frames());
    expect(await goawayCode(client)).toBe(code);
    await client.whenClosed();
  });

  test("who never says SETTINGS gets nothing", async () => {
    const { client, server } = await start(answer);
    await using other = await H2RawClient.open(server.port, []);
    other.write(headers(1, END_STREAM, getFields()));
    expect(await goawayCode(other)).toBe(1);
    expect(client.closed).toBe(false);
  });
});

describe("windows", () => {
  test("a client that sends more than the window of a stream allows loses the stream", async () => {
    const { client } = await start(() => {});
    client.write(headers(1, 0, POST));
    for (let i = 0; i < 5; i++) client.write(frame(FRAME.data, 0, 1, Buffer.alloc(16_384)));
    expect(await client.resetCode(1)).toBe(3);
    client.write(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await client.frame((f) => f.type === FRAME.ping);
  });

  test("uploads that nobody reads hold one MiB of a connection at most", async () => {
    const { client } = await start(() => {});
    for (let id = 1; id < 40; id += 2) {
      client.write(headers(id, 0, POST));
      for (let i = 0; i < 4; i++) client.write(frame(FRAME.data, 0, id, Buffer.alloc(16_000)));
    }
    expect(await goawayCode(client)).toBe(3);
  });

  test("padding is given back with what it pads", async () => {
    const { acceptor, client } = await start(takeBody);
    client.write(headers(1, 0, POST));
    const padded = Buffer.concat([Buffer.from([255]), Buffer.alloc(9), Buffer.alloc(255)]);
    for (let i = 0; i < 400; i++) client.write(frame(FRAME.data, 8, 1, padded));
    client.write(frame(FRAME.data, END_STREAM, 1));
    const request = await acceptor.request();
    await acceptor.until(() => request.ended);
    expect(request.bodyBytes).toBe(3600);
  });

  test("a window that shrinks below zero stops the response until it is wide again", async () => {
    const { acceptor, client } = await start(({ stream }) => {
      stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
      stream.write(Buffer.alloc(1000));
    });
    client.write(headers(1, END_STREAM, getFields()));
    await client.frame((f) => f.type === FRAME.data);
    // 65,535 less, of which 1,000 were used.
    client.write(
      frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])),
      frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    );
    await client.frame((f) => f.type === FRAME.ping);
    const { stream } = await acceptor.request();
    stream.write(Buffer.alloc(500));
    client.write(frame(FRAME.windowUpdate, 0, 1, word(1200)));
    const second = await client.frame((f) => f.type === FRAME.data && f.payload.length !== 1000);
    expect(second.payload.length).toBe(200);
  });
});

test("a response head of more than a frame goes on in CONTINUATION", async () => {
  const { client } = await start(({ stream }) => {
    stream.sendHead(200, HeaderList.from([["X-Long", "v".repeat(40_000)]]), 0);
    stream.end(null);
  });
  client.write(headers(1, END_STREAM, getFields()));
  const last = await client.frame((f) => f.type === FRAME.continuation && (f.flags & END_HEADERS) !== 0);
  expect(last.stream).toBe(1);
  expect(client.frames.filter((f) => f.type === FRAME.continuation)).toHaveLength(2);
});

test("H2-06 a wrong content-length costs its own stream only", async () => {
  const { acceptor, client } = await start(takeBody);
  const fields = getFields({ ":method": "POST" }, [["content-length", "5"]]);
  client.write(headers(1, 0, POST), headers(3, 0, fields), frame(FRAME.data, END_STREAM, 3, Buffer.from("abc")));
  expect(await client.resetCode(3)).toBe(1);
  client.write(frame(FRAME.data, END_STREAM, 1, Buffer.from("whole")));
  await acceptor.until(() => acceptor.requests[0]?.ended === true);
  expect(acceptor.requests[1]?.closedBy?.code).toBe("malformed");
});
