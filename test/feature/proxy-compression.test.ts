import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:http2";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, constants, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { type BackendRequest, RawBackend } from "../support/servers/raw-backend.ts";
import { untilStill, untilTrue } from "../support/waiting/waiting.ts";

const { enabled: _gzipOff, ...gzip } = DEFAULT_SETTINGS.translation.gzip;
const { enabled: _brotliOff, ...brotli } = DEFAULT_SETTINGS.translation.brotli;
const LARGE_BYTES = 10 * 1024 * 1024;
/** Half of it can be compressed. */
const LARGE = Buffer.alloc(LARGE_BYTES, "0123456789abcdef");
for (let at = 0; at < LARGE_BYTES; at += 131_072) randomBytes(65_536).copy(LARGE, at);
const EVENT_STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
/** Together more than the kernel's buffers of two connections hold. */
const HUGE_PARTS = 6;

/** `/large`, `/huge`, and `/events`, whose socket the test writes to. */
function answer({ line, socket }: BackendRequest): void {
  if (line.startsWith("GET /events ")) {
    socket.write(EVENT_STREAM);
    return;
  }
  const parts = line.startsWith("GET /huge ") ? HUGE_PARTS : 1;
  const length = `Content-Length: ${parts * LARGE_BYTES}`;
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "v1"\r\n${length}\r\n\r\n`);
  for (let i = 0; i < parts; i++) socket.write(LARGE);
}

let backend: RawBackend;
let fixture: ProxyFixture;

beforeAll(async () => {
  backend = await RawBackend.open(answer);
  fixture = await ProxyFixture.open({
    hosts: [
      buildHost("_", [
        buildRoute("x", "prefix", "/", {
          compression: { gzip: { ...gzip, types: "any" }, brotli: { ...brotli, level: 1, types: "any" } },
        }),
      ]),
    ],
    endpoints: { "test-x-80": [backend.address] },
  });
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

interface Received {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly body: Readable;
}

const CLIENTS: Readonly<Record<string, (path: string, accept: string) => Promise<Received>>> = {
  "HTTP/1.1": async (path, accept) => {
    const headers = { "accept-encoding": accept };
    const asked = httpRequest({ host: "127.0.0.1", port: fixture.proxy.ports.http, path, headers, agent: false }).end();
    const [body] = (await once(asked, "response")) as [IncomingMessage];
    return { fields: body.headers, body };
  },
  "HTTP/2": async (path, accept) => {
    const session = connect(`https://127.0.0.1:${fixture.proxy.ports.https}`, { rejectUnauthorized: false });
    session.on("error", () => {});
    const body = session.request({ ":path": path, "accept-encoding": accept });
    body.once("close", () => session.destroy());
    const [fields] = (await once(body, "response")) as [Record<string, unknown>];
    return { fields, body };
  },
};

const DECODE: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gunzipSync(body),
  br: (body) => brotliDecompressSync(body),
};

describe.each(Object.entries(CLIENTS))("over %s", (_protocol, ask) => {
  test.each(Object.keys(DECODE))("10 MB in %s come back to the last byte", { timeout: 30_000 }, async (coding) => {
    const { fields, body } = await ask("/large", coding);
    expect(fields).toMatchObject({ "content-encoding": coding, vary: "Accept-Encoding", etag: 'W/"v1"' });
    expect(fields).not.toHaveProperty("content-length");
    const received = await buffer(body);
    expect(received.length).toBeLessThan(LARGE_BYTES * 0.6);
    expect(DECODE[coding]?.(received).equals(LARGE)).toBe(true);
  });

  test("a reader that waits holds the backend back, and then gets all of it", { timeout: 30_000 }, async () => {
    const before = backend.requests.length;
    const { body } = await ask("/huge", "gzip");
    const socket = backend.requests[before]?.socket;
    // What the kernel and the proxy do not take stays with the backend.
    await untilStill(() => socket?.bytesWritten ?? 0);
    expect(socket?.writableLength).toBeGreaterThan(0);
    const received = gunzipSync(await buffer(body));
    expect(received.length).toBe(HUGE_PARTS * LARGE_BYTES);
    for (let at = 0; at < received.length; at += LARGE_BYTES) {
      expect(received.subarray(at, at + LARGE_BYTES).equals(LARGE)).toBe(true);
    }
  });

  test("an event is there before the next one is sent", async () => {
    const before = backend.requests.length;
    const { body } = await ask("/events", "gzip");
    const socket = backend.requests[before]?.socket;
    const parts: Buffer[] = [];
    body.on("data", (part: Buffer) => parts.push(part));
    body.on("error", () => {});
    let expected = "";
    for (let i = 0; i < 5; i++) {
      const event = `data: ${i}\n\n`;
      socket?.write(`${event.length.toString(16)}\r\n${event}\r\n`);
      expected += event;
      await untilTrue(() => parts.length > 0 && decoded(parts) === expected);
    }
    socket?.write("0\r\n\r\n");
    await once(body, "end");
    expect(gunzipSync(Buffer.concat(parts)).toString()).toBe(expected);
  });

  test("a client that goes in the middle ends the work of the backend, again and again", async () => {
    const before = backend.requests.length;
    for (let i = 0; i < 150; i++) {
      const { fields, body } = await ask("/large", "gzip");
      // More in turn than there may be at once: each has given its place back.
      expect(fields["content-encoding"]).toBe("gzip");
      body.on("error", () => {});
      const records = fixture.finished.length;
      body.destroy();
      await fixture.record(records);
    }
    const sockets = backend.requests.slice(before).map(({ socket }) => socket);
    expect(sockets).toHaveLength(150);
    await untilTrue(() => sockets.every(({ destroyed }) => destroyed));
  });
});

function decoded(parts: readonly Buffer[]): string {
  return gunzipSync(Buffer.concat(parts), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}
