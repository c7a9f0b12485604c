import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:http2";
import { request as requestTls } from "node:https";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { type BackendRequest, RawBackend } from "../support/servers/raw-backend.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** More than the kernel's buffers of a connection hold, and no multiple of anything. */
const BODY_BYTES = 6_345_679;
const CHUNK_BYTES = 40_009;
const FRAMINGS = ["length", "chunked", "length"];
const DEADLINE_MS = 60_000;

/** Every eight bytes differ from those of any other place and any other body. */
function bodyOf(seed: number): Buffer {
  const body = Buffer.alloc(Math.ceil(BODY_BYTES / 8) * 8);
  for (let at = 0; at < body.length; at += 8) {
    body.writeUInt32LE(at, at);
    body.writeUInt32LE(seed, at + 4);
  }
  return body.subarray(0, BODY_BYTES);
}

function digest(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}

/** Answers `/SEED/length`, `/SEED/chunked` and `/SEED/tunnel`. */
function answerBody({ line, fields, socket }: BackendRequest): void {
  const [, seed = "", framing = ""] = (line.split(" ")[1] ?? "").split("/");
  const body = bodyOf(Number(seed));
  if (framing === "length") {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
  } else if (framing === "chunked") {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    writeChunks(socket, body);
  } else {
    const upgrade = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(fields)}`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n\r\n`);
    socket.end(body);
  }
}

function writeChunks(socket: Socket, body: Buffer): void {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES);
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    socket.write("\r\n");
  }
  socket.write("0\r\n\r\n");
}

/** RFC 6455 §4.2.2. */
function acceptOf(fields: readonly string[]): string {
  const key = fields.map((field) => /^sec-websocket-key: (.*)$/i.exec(field)?.[1] ?? "").join("");
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

type Download = (fixture: ProxyFixture, path: string, signal: AbortSignal) => Promise<Readable>;

const DOWNLOADS: Readonly<Record<"plain" | "tls" | "http2" | "tunnel", Download>> = {
  plain: async (fixture, path, signal) => {
    const asked = request({ host: "127.0.0.1", port: fixture.proxy.ports.http, path, signal, agent: false }).end();
    return ((await once(asked, "response")) as [IncomingMessage])[0];
  },
  tls: async (fixture, path, signal) => {
    const options = { host: "127.0.0.1", port: fixture.proxy.ports.https, rejectUnauthorized: false };
    const asked = requestTls({ ...options, path, signal, agent: false }).end();
    return ((await once(asked, "response")) as [IncomingMessage])[0];
  },
  http2: async (fixture, path, signal) => {
    const session = connect(`https://127.0.0.1:${fixture.proxy.ports.https}`, { rejectUnauthorized: false });
    session.on("error", () => {});
    const stream = session.request({ ":path": path }, { signal });
    stream.once("close", () => session.destroy());
    await once(stream, "response");
    return stream;
  },
  tunnel: async (fixture, path, signal) => {
    const port = fixture.proxy.ports.http;
    const upgrade = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
    const headers = { ...upgrade, "Sec-WebSocket-Key": randomBytes(16).toString("base64") };
    const asked = request({ host: "127.0.0.1", port, path, headers, signal, agent: false }).end();
    const [, socket, head] = (await once(asked, "upgrade")) as [IncomingMessage, Socket, Buffer];
    socket.unshift(head);
    return socket;
  },
};

/** Reads in fits and starts, so that writes to it have to wait again and again. */
async function digestSlowly(body: Readable): Promise<string> {
  const hash = createHash("sha256");
  let pieces = 0;
  for await (const piece of body) {
    hash.update(piece as Buffer);
    pieces++;
    if (pieces % 16 === 0) await new Promise(setImmediate);
  }
  return hash.digest("hex");
}

describe("slow readers side by side", () => {
  test(
    "each gets its own body to the last byte, over every protocol and framing",
    { timeout: DEADLINE_MS },
    async () => {
      await using backend = await RawBackend.open(answerBody);
      await using fixture = await ProxyFixture.open({
        hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
        endpoints: { "test-x-80": [backend.address] },
      });
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const { tunnel, ...framed } = DOWNLOADS;
      const wanted = [
        ...Object.values(framed).flatMap((download) => FRAMINGS.map((framing) => ({ download, framing }))),
        ...FRAMINGS.map(() => ({ download: tunnel, framing: "tunnel" })),
      ];
      // Nobody reads before everybody has been answered: by then all of them are held back.
      const bodies = await Promise.all(
        wanted.map(({ download, framing }, seed) => download(fixture, `/${seed}/${framing}`, signal)),
      );
      const received = await Promise.all(bodies.map(digestSlowly));
      expect(received).toEqual(wanted.map((_, seed) => digest(bodyOf(seed))));
    },
  );
});
