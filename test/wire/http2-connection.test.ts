import { expect, onTestFinished, test } from "vitest";
import { HeaderList } from "../../src/wire/http/header-list.ts";
import type { Http2ServerOptions } from "../../src/wire/http2/options.ts";
import { UNKNOWN_LENGTH } from "../../src/wire/seam/rules.ts";
import { TimerWheel } from "../../src/wire/loop/timer-wheel.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import { END_STREAM, frame, FRAME, getFields, headers } from "../support/clients/h2-raw-client.ts";
import type { RecordedRequest } from "../support/servers/recording-acceptor.ts";
import { untilTrue } from "../support/waiting/waiting.ts";
import { setUpH2 } from "../support/servers/h2-setup.ts";

const { start, openRaw, openClient } = setUpH2();

/** As `start`, but time stands still until `pass` is called. */
async function startStill(onRequest: (request: RecordedRequest) => void, options: Partial<Http2ServerOptions> = {}) {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, 5);
  const pass = (ms: number): void => {
    clock.advance(ms);
    wheel.tick();
  };
  return { ...(await start(onRequest, { ...options, wheel })), pass };
}

function answer({ stream }: RecordedRequest): void {
  stream.resumeBody();
  stream.sendHead(200, new HeaderList(), 2);
  stream.write(Buffer.from("ok"));
  stream.end(null);
}

/** Writes until told to stop, and again after each drain; never more than `totalBytes`. */
function pump({ stream }: RecordedRequest, chunk: Buffer, totalBytes: number): { written: number; go: () => void } {
  const state = { written: 0, go: () => {} };
  state.go = () => {
    while (state.written < totalBytes) {
      state.written += chunk.length;
      if (!stream.write(chunk)) return;
    }
    stream.end(null);
  };
  return state;
}

test("a client that does not open its window makes write say stop after some 64 KiB", async () => {
  const { acceptor, server } = await start(({ stream }) => stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH));
  const client = await openRaw(server.port);
  const noWindow = Buffer.from([0, 4, 0, 0, 0, 0]);
  client.write(frame(FRAME.settings, 0, 0, noWindow));
  client.write(headers(1, END_STREAM, getFields()));
  const request = await acceptor.request();
  const state = pump(request, Buffer.alloc(16_384), 10_000_000);
  state.go();
  expect(state.written).toBeLessThanOrEqual(65_536);
  expect(request.drains).toBe(0);
});

test("H2-24 a slow reader gets everything, in order, through drains", async () => {
  const total = 3_000_000;
  const chunk = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));
  const { server } = await start((request) => {
    request.stream.sendHead(200, new HeaderList(), total);
    const state = pump(request, chunk, total);
    request.onDrained = state.go;
    state.go();
  });
  const client = await openClient(server.port);
  const stream = client.request();
  let received = 0;
  let mistakes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    for (const byte of part) if (byte !== (received++ % 10_000) % 251) mistakes++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect({ received, mistakes, rst: stream.rstCode }).toEqual({ received: total, mistakes: 0, rst: 0 });
});

test("one stalled stream does not hold up another of the same connection", async () => {
  const { acceptor, server } = await start((request) => {
    if (request.stream.request.target === "/quick") {
      answer(request);
      return;
    }
    request.stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    request.stream.write(Buffer.alloc(65_536));
  });
  const client = await openRaw(server.port);
  const windowFor1000 = Buffer.from([0, 4, 0, 0, 3, 232]);
  client.write(frame(FRAME.settings, 0, 0, windowFor1000));
  client.write(headers(1, END_STREAM, getFields({ ":path": "/stalled" })));
  await acceptor.request();
  client.write(headers(3, END_STREAM, getFields({ ":path": "/quick" })));
  const data = await client.frame((f) => f.type === FRAME.data && f.stream === 3);
  expect(data.payload.toString()).toBe("ok");
});

test("H2-23 a client that takes nothing for too long is cut with a visible reset", async () => {
  const { acceptor, server } = await start(({ stream }) => stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH), {
    sendTimeoutMs: 30,
  });
  const client = await openRaw(server.port);
  client.write(frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])));
  client.write(headers(1, END_STREAM, getFields()));
  const request = await acceptor.request();
  request.stream.write(Buffer.from("x"));
  expect(await client.resetCode(1)).toBe(2);
  expect(request.closedBy).toMatchObject({ code: "send-timeout", responseStarted: true });
});

test("H2-23 more to send does not win a stalled client more time", async () => {
  const { acceptor, server } = await start(({ stream }) => stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH), {
    sendTimeoutMs: 60,
  });
  const client = await openRaw(server.port);
  client.write(frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])));
  client.write(headers(1, END_STREAM, getFields()));
  const request = await acceptor.request();
  const trickle = setInterval(() => request.stream.write(Buffer.from("x")), 5);
  onTestFinished(() => clearInterval(trickle));
  await acceptor.until(() => request.closedBy !== null);
  expect(request.closedBy?.code).toBe("send-timeout");
});

test("H2-23 a client that never takes a complete response is cut too", async () => {
  const { acceptor, server } = await start(answer, { sendTimeoutMs: 30 });
  const client = await openRaw(server.port);
  client.write(frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])));
  client.write(headers(1, END_STREAM, getFields()));
  expect(await client.resetCode(1)).toBe(2);
  expect((await acceptor.request()).closedBy).toBeNull();
  await acceptor.until(() => server.served[0]?.busy === false);
});

test("a stalled upload is answered 408", async () => {
  const { acceptor, server } = await start(({ stream }) => stream.resumeBody(), { bodyTimeoutMs: 30 });
  const client = await openRaw(server.port);
  client.write(headers(1, 0, getFields({ ":method": "POST" })), frame(FRAME.data, 0, 1, Buffer.from("part")));
  expect(await client.status(1)).toBe("408");
  const request = await acceptor.request();
  expect(request.closedBy).toMatchObject({ code: "read-timeout", responseStarted: false });
  expect(request.ended).toBe(false);
});

test("DS-02 an upload of known length that only trickles is answered 408, a stream that says little is not", async () => {
  const { acceptor, server, pass } = await startStill(({ stream }) => stream.resumeBody());
  const client = await openRaw(server.port);
  client.write(headers(1, 0, getFields({ ":method": "POST" }, [["content-length", "100000"]])));
  client.write(headers(3, 0, getFields({ ":method": "POST" })));
  await acceptor.until(() => acceptor.requests.length === 2);
  for (let i = 1; i <= 8; i++) {
    client.write(frame(FRAME.data, 0, 3, Buffer.alloc(100)), frame(FRAME.data, 0, 1, Buffer.alloc(100)));
    await acceptor.until(() => acceptor.requests[1]?.bodyBytes === i * 100);
    pass(4000);
  }
  expect(await client.status(1)).toBe("408");
  expect(acceptor.requests.map((request) => request.closedBy?.code)).toEqual(["read-timeout", undefined]);
});

test("a paused upload may wait for as long as it takes", async () => {
  const { acceptor, server, pass } = await startStill(({ stream }) => stream.resumeBody(), { bodyTimeoutMs: 20 });
  const client = await openRaw(server.port);
  client.write(headers(1, 0, getFields({ ":method": "POST" })), frame(FRAME.data, 0, 1, Buffer.from("part")));
  const request = await acceptor.request();
  await acceptor.until(() => request.bodyBytes === 4);
  request.stream.pauseBody();
  // Another upload, begun later, times out.
  client.write(headers(3, 0, getFields({ ":method": "POST" })));
  await acceptor.request(1);
  pass(1000);
  expect(await client.status(3)).toBe("408");
  expect(request.closedBy).toBeNull();
});

test("a connection without streams is closed with GOAWAY after the idle time", async () => {
  const { acceptor, server } = await start(answer, { keepAliveMs: 30 });
  const client = await openRaw(server.port);
  client.write(headers(1, END_STREAM, getFields()));
  await acceptor.request();
  const goaway = await client.frame((f) => f.type === FRAME.goaway);
  expect(goaway.payload.readUInt32BE(4)).toBe(0);
  await client.whenClosed();
});

test("a connection that never sends a request is closed after the header time", async () => {
  const { server } = await start(answer, { headerTimeoutMs: 30 });
  const client = await openRaw(server.port);
  await client.frame((f) => f.type === FRAME.goaway);
  await client.whenClosed();
});

test("an idle connection is not closed while a stream is open", async () => {
  const { acceptor, server, pass } = await startStill(() => {}, { keepAliveMs: 10, headerTimeoutMs: 10 });
  const client = await openRaw(server.port);
  client.write(headers(1, END_STREAM, getFields()));
  const request = await acceptor.request();
  const other = await openRaw(server.port);
  await untilTrue(() => server.served.length === 2);
  pass(1000);
  await other.whenClosed();
  expect(client.closed).toBe(false);
  answer(request);
  expect(await client.status(1)).toBe("200");
});

test("after the last request of a connection it is drained", async () => {
  const { server } = await start(answer, { keepAliveRequests: 2 });
  const client = await openRaw(server.port);
  client.write(headers(1, END_STREAM, getFields()), headers(3, END_STREAM, getFields()));
  expect(await client.status(3)).toBe("200");
  const goaway = await client.frame((f) => f.type === FRAME.goaway);
  expect(goaway.payload.readUInt32BE(0)).toBe(3);
});

test("H2-29 a drain finishes the streams in flight, tells the last of them, and closes", async () => {
  const { acceptor, server } = await start(() => {});
  const client = await openRaw(server.port);
  for (const id of [1, 3, 5]) client.write(headers(id, END_STREAM, getFields()));
  await acceptor.until(() => acceptor.requests.length === 3);
  server.served[0]?.drain();
  const goaway = await client.frame((f) => f.type === FRAME.goaway);
  expect(goaway.payload.readUInt32BE(0)).toBe(5);
  expect(goaway.payload.readUInt32BE(4)).toBe(0);
  client.write(headers(7, END_STREAM, getFields()));
  expect(server.served[0]?.busy).toBe(true);
  for (const request of acceptor.requests) answer(request);
  for (const id of [1, 3, 5]) expect(await client.status(id)).toBe("200");
  await client.whenClosed();
  expect(acceptor.requests.length).toBe(3);
  expect(acceptor.requests.every((request) => request.closedBy === null)).toBe(true);
});

test("a drain closes an idle connection at once", async () => {
  const { server } = await start(answer);
  const client = await openRaw(server.port);
  client.write(headers(1, END_STREAM, getFields()));
  expect(await client.status(1)).toBe("200");
  server.served[0]?.drain();
  await client.whenClosed();
  await server.whenAllClosed();
});

test("destroy resets what is in flight and tells its handler", async () => {
  const { acceptor, server } = await start(({ stream }) => {
    stream.sendHead(200, new HeaderList(), UNKNOWN_LENGTH);
    stream.write(Buffer.from("half"));
  });
  const client = await openRaw(server.port);
  client.write(headers(1, END_STREAM, getFields()));
  await client.frame((f) => f.type === FRAME.data);
  server.served[0]?.destroy();
  const request = await acceptor.request();
  await acceptor.until(() => request.closedBy !== null);
  await client.whenClosed();
  const complete = client.frames.some((f) => f.type === FRAME.data && (f.flags & END_STREAM) !== 0);
  expect(complete).toBe(false);
  await server.whenAllClosed();
});

test("a client that vanishes closes its streams and its connection", async () => {
  const { acceptor, server } = await start(() => {});
  const client = await openRaw(server.port);
  client.write(headers(1, END_STREAM, getFields()));
  const request = await acceptor.request();
  client.socket.resetAndDestroy();
  await acceptor.until(() => request.closedBy !== null);
  expect(request.closedBy?.responseStarted).toBe(false);
});

test("a client that half-closes loses its streams", async () => {
  const { acceptor, server } = await start(() => {});
  const client = await openRaw(server.port);
  client.write(headers(1, END_STREAM, getFields()));
  const request = await acceptor.request();
  client.socket.end();
  await acceptor.until(() => request.closedBy !== null);
  await client.whenClosed();
});

test("an answer before the end of an upload leaves the other streams alone", async () => {
  const { server } = await start((request) => {
    request.stream.closeAfterResponse();
    answer(request);
  });
  const client = await openRaw(server.port);
  client.write(headers(1, 0, getFields({ ":method": "POST" })));
  expect(await client.status(1)).toBe("200");
  expect(await client.resetCode(1)).toBe(0);
  client.write(headers(3, END_STREAM, getFields()));
  expect(await client.status(3)).toBe("200");
});
