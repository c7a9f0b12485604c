import { expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { endLoop, deferToLoopEnd } from "../../src/wire/loop/loop-end.ts";
import {
  connectHttp1,
  HeaderList,
  type Http1Connection,
  type ServerStream,
  TimerWheel,
  type WireError,
} from "../../src/wire/wire.ts";
import { RawSocket } from "../support/clients/raw-socket.ts";
import { RecordingBackend } from "../support/servers/recording-backend.ts";
import { WireProxy } from "../support/servers/wire-proxy.ts";

const CLIENTS = 40;

function get(path: string, ...lines: string[]): string {
  return [`GET ${path} HTTP/1.1`, "Host: a.test", ...lines, "", ""].join("\r\n");
}

/** What one client has to see: nobody else's answers, in its own order. */
function bodies(received: string): readonly string[] {
  return [...received.matchAll(/\[([^\]]*)\]/g)].map(([, body]) => body ?? "");
}

async function openClients(port: number): Promise<RawSocket[]> {
  return Promise.all(Array.from({ length: CLIENTS }, () => RawSocket.open(port)));
}

/** Answers with the target, at once. */
function echo(stream: ServerStream): void {
  stream.handler = { onBody: () => {}, onBodyEnd: () => {}, onDrain: () => {}, onClose: () => {} };
  const body = Buffer.from(`[${stream.request.target}]`);
  stream.resumeBody();
  stream.sendHead(200, new HeaderList(), body.length);
  stream.write(body);
  stream.end(null);
}

test("many clients at once: each gets the answers to its pipelined requests in order, then the error, then the end", async () => {
  await using server = await WireProxy.open(1);
  server.onRequest = echo;
  const clients = await openClients(server.port);
  for (let round = 0; round < 5; round++) {
    for (const [i, client] of clients.entries()) client.send(get(`/${i}/${round}/a`) + get(`/${i}/${round}/b`));
    await Promise.all(clients.map((client, i) => client.until((text) => text.includes(`[/${i}/${round}/b]`))));
  }
  for (const [i, client] of clients.entries()) client.send(`${get(`/${i}/last`)}BAD\r\n\r\n`);
  const received = await Promise.all(clients.map((client) => client.untilEnd()));
  for (const [i, text] of received.entries()) {
    const rounds = Array.from({ length: 5 }, (_, round) => [`/${i}/${round}/a`, `/${i}/${round}/b`]).flat();
    expect(bodies(text)).toEqual([...rounds, `/${i}/last`]);
    expect(text).toMatch(/HTTP\/1\.1 400 [^]*Connection: close\r\n/);
  }
});

test("many clients at once over one backend: each gets its own answers, and a closing one all of them", async () => {
  await using backend = await RecordingBackend.open((socket, { startLine }) => {
    const body = `[${startLine.split(" ")[1]}]`;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  });
  await using proxy = await WireProxy.open(backend.port);
  const clients = await openClients(proxy.port);
  for (let round = 0; round < 5; round++) {
    for (const [i, client] of clients.entries()) client.send(get(`/${i}/${round}`));
    await Promise.all(clients.map((client, i) => client.until((text) => text.includes(`[/${i}/${round}]`))));
  }
  for (const [i, client] of clients.entries()) client.send(get(`/${i}/last`, "Connection: close"));
  const received = await Promise.all(clients.map((client) => client.untilEnd()));
  for (const [i, text] of received.entries()) {
    expect(bodies(text)).toEqual([...Array.from({ length: 5 }, (_, round) => `/${i}/${round}`), `/${i}/last`]);
  }
  expect(backend.fault).toBeNull();
});

test("bytes that an endpoint sends while the request still waits are not taken for its answer, and nothing was sent", async () => {
  await using backend = await RecordingBackend.open();
  const { promise: opened, resolve, reject } = Promise.withResolvers<Http1Connection>();
  const wheel = new TimerWheel(systemClock);
  const dial = { host: "127.0.0.1", port: backend.port, tls: null };
  connectHttp1(dial, 10_000, wheel, { onConnected: resolve, onFailed: reject });
  const connection = await opened;
  // A busy loop: from now on requests wait for its end.
  for (let i = 0; i < 100; i++) deferToLoopEnd({ endLoop: () => {} });
  endLoop();
  const events: (WireError | string)[] = [];
  connection
    .send(
      {
        method: "GET",
        target: "/",
        headers: HeaderList.from([["Host", "a.test"]]),
        bodyLengthBytes: 0,
        answerHeadBytes: 65_536,
        upgrade: null,
      },
      {
        onInformational: () => void events.push("informational"),
        onHead: () => void events.push("head"),
        onBody: () => void events.push("body"),
        onEnd: () => void events.push("end"),
        onUpgrade: () => void events.push("upgrade"),
        onDrain: () => void events.push("drain"),
        onError: (error) => void events.push(error),
      },
      { connectMs: 10_000, sendMs: 10_000, readMs: 10_000 },
    )
    .end(null);
  const stray = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  connection.onSocketData(stray, stray.length);
  expect(events).toMatchObject([{ code: "closed", requestSent: false, responseStarted: false }]);
  wheel.close();
});
