import { describe, expect, test } from "vitest";
import type { Http2ServerOptions } from "../../src/wire/http2/options.ts";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import { TimerWheel } from "../../src/wire/loop/timer-wheel.ts";
import type { H2RawClient } from "../support/clients/h2-raw-client.ts";
import { END_STREAM, frame, FRAME, type Frame, getFields, headers } from "../support/clients/h2-raw-client.ts";
import type { RecordedRequest } from "../support/servers/recording-acceptor.ts";
import { setUpH2 } from "../support/servers/h2-setup.ts";

const POST = getFields({ ":method": "POST" });
const PING_ACK = 1;

const { startRaw } = setUpH2();

/** A server that answers 413 without reading any body, at a time that stands still, and an upload that has begun. */
async function start(
  onRequest: (request: RecordedRequest) => void = refuse,
  changes: Partial<Http2ServerOptions> = {},
) {
  const clock = { ms: 0, nowMs: () => 0, monotonicMs: () => clock.ms };
  const wheel = new TimerWheel(clock, 5);
  const started = await startRaw(onRequest, { wheel, ...changes });
  started.client.write(headers(1, 0, POST), frame(FRAME.data, 0, 1, Buffer.alloc(10_000)));
  return { ...started, clock };
}

function refuse({ stream }: RecordedRequest): void {
  stream.closeAfterResponse();
  stream.sendHead(413, new HeaderList(), 9);
  stream.write(Buffer.from("too large"));
  stream.end(null);
}

const isReset = (f: Frame): boolean => f.type === FRAME.reset;
const isProbe = (f: Frame): boolean => f.type === FRAME.ping && f.flags === 0;

async function whenAnswered(client: H2RawClient): Promise<void> {
  await client.frame((f) => f.type === FRAME.data && f.stream === 1 && (f.flags & END_STREAM) !== 0);
}

describe("an answer before the end of an upload", () => {
  test("is followed by the reset only when the client says that it has read it", async () => {
    const { client, clock } = await start();
    await whenAnswered(client);
    clock.ms += 300;
    const probe = await client.frame(isProbe);
    expect(client.frames.filter(isReset)).toEqual([]);
    client.write(frame(FRAME.ping, PING_ACK, 0, probe.payload));
    expect(await client.resetCode(1)).toBe(0);
  });

  test("is followed by the reset in the end also at a client that says nothing", async () => {
    const { client, clock } = await start();
    await whenAnswered(client);
    clock.ms += 300;
    await client.frame(isProbe);
    clock.ms += 1000;
    expect(await client.resetCode(1)).toBe(0);
    expect(client.frames.findIndex(isProbe)).toBeLessThan(client.frames.findIndex(isReset));
  });

  test("needs no reset where the upload ends meanwhile", async () => {
    const { client, clock } = await start();
    await whenAnswered(client);
    client.write(frame(FRAME.data, END_STREAM, 1, Buffer.alloc(10)), headers(3, 0, POST));
    expect(await client.status(3)).toBe("413");
    clock.ms += 300;
    await client.frame(isProbe);
    clock.ms += 1000;
    expect(await client.resetCode(3)).toBe(0);
    expect(client.frames.filter((f) => isReset(f) && f.stream === 1)).toEqual([]);
  });

  test("lets the client send what its window has left and gives nothing back", async () => {
    const { client, clock } = await start();
    await whenAnswered(client);
    for (let i = 0; i < 3; i++) client.write(frame(FRAME.data, 0, 1, Buffer.alloc(16_384)));
    clock.ms += 300;
    await client.frame(isProbe);
    expect(client.frames.filter((f) => f.type === FRAME.windowUpdate && f.stream === 1)).toEqual([]);
    client.write(frame(FRAME.data, 0, 1, Buffer.alloc(16_384)));
    expect(await client.resetCode(1)).toBe(3);
  });

  test("holds the place of its stream until the reset", async () => {
    const { client, clock } = await start(refuse, { maxConcurrentStreams: 1 });
    await whenAnswered(client);
    client.write(headers(3, END_STREAM, getFields()));
    expect(await client.resetCode(3)).toBe(7);
    clock.ms += 300;
    await client.frame(isProbe);
    clock.ms += 1000;
    expect(await client.resetCode(1)).toBe(0);
    client.write(headers(5, END_STREAM, getFields()));
    expect(await client.status(5)).toBe("413");
  });

  test("does not count the client's own reset of the upload as work thrown away", async () => {
    const { client } = await start();
    await whenAnswered(client);
    for (let id = 3; id < 603; id += 2) {
      client.write(frame(FRAME.reset, 0, id - 2, Buffer.from([0, 0, 0, 8])), headers(id, 0, POST));
      await client.frame((f) => f.type === FRAME.data && f.stream === id);
    }
    client.write(headers(603, END_STREAM, getFields()));
    expect(await client.status(603)).toBe("413");
  });

  test("of the wire's own is sent in the same way", async () => {
    const { client, clock } = await start();
    client.write(headers(3, 0, getFields({ ":method": "POST", ":scheme": "ftp" })));
    expect(await client.status(3)).toBe("400");
    clock.ms += 300;
    const probe = await client.frame((f) => isProbe(f) && f.payload.readUInt32BE(4) === 3);
    expect(client.frames.filter((f) => isReset(f) && f.stream === 3)).toEqual([]);
    client.write(frame(FRAME.ping, PING_ACK, 0, probe.payload));
    expect(await client.resetCode(3)).toBe(0);
  });

  test("is malformed still when the upload is longer than it was said to be", async () => {
    const { client } = await start();
    client.write(headers(3, 0, getFields({ ":method": "POST" }, [["content-length", "3"]])));
    expect(await client.status(3)).toBe("413");
    client.write(frame(FRAME.data, 0, 3, Buffer.from("four")));
    expect(await client.resetCode(3)).toBe(1);
  });
});

test("a client's answer to a PING that was never sent changes nothing", async () => {
  const { client } = await start(({ stream }) => stream.resumeBody());
  client.write(frame(FRAME.ping, PING_ACK, 0, Buffer.from([0x68, 0x64, 0x67, 0x74, 0, 0, 0, 1])));
  client.write(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  await client.frame((f) => f.type === FRAME.ping && f.flags === PING_ACK);
  expect(client.frames.filter(isReset)).toEqual([]);
});
