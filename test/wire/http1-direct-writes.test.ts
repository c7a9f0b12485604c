import { createServer, connect, type Socket } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { READ_BUFFER } from "../../src/wire/socket/read-buffer.ts";
import { SocketWriter, type WriterEvents, writesDirectly } from "../../src/wire/socket/socket-writer.ts";

const DEADLINE = { signal: AbortSignal.timeout(10_000) };

/** Both ends of a connection on the loopback. */
class Pair implements AsyncDisposable {
  readonly near: Socket;
  readonly far: Socket;

  static async open(): Promise<Pair> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening", DEADLINE);
    const address = server.address();
    const near = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1");
    const [[far]] = (await Promise.all([once(server, "connection", DEADLINE), once(near, "connect", DEADLINE)])) as [
      [Socket],
      unknown,
    ];
    server.close();
    return new Pair(near, far);
  }

  private constructor(near: Socket, far: Socket) {
    this.near = near;
    this.far = far;
    near.on("error", () => {});
    far.on("error", () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.near.destroy();
    this.far.destroy();
    await Promise.resolve();
  }
}

function events(socket: Socket, onWriterDrain: () => void = () => {}): WriterEvents {
  return { onWriterDrain, onWriterFailed: (error) => void socket.destroy(error) };
}

test("the Node that we run on lets small messages pass the stream by", () => {
  expect(writesDirectly).toBe(true);
});

test("bytes arrive in the order in which they were written, past the stream or through it", async () => {
  await using pair = await Pair.open();
  const writer = new SocketWriter(pair.near, events(pair.near));
  const large = Buffer.alloc(100_000, "b");
  const written = [Buffer.from("a1"), large, Buffer.from("a2"), large, Buffer.from("a3")];
  writer.text("a1");
  writer.bytes(large);
  writer.text("a2");
  writer.bytes(large);
  writer.bytes(Buffer.from("a3"));
  pair.near.end();
  const received: Buffer[] = [];
  for await (const chunk of pair.far) received.push(chunk as Buffer);
  expect(Buffer.concat(received).equals(Buffer.concat(written))).toBe(true);
});

test("a peer that does not read makes a small write wait, and is drained when it reads again", async () => {
  await using pair = await Pair.open();
  const drained = Promise.withResolvers<void>();
  const writer = new SocketWriter(
    pair.near,
    events(pair.near, () => drained.resolve()),
  );
  const piece = "x".repeat(16_000);
  let writes = 1;
  while (writer.text(piece)) writes++;
  expect(writer.waitingBytes).toBeGreaterThan(0);
  let received = 0;
  pair.far.on("data", (chunk: Buffer) => (received += chunk.length));
  await drained.promise;
  expect(writer.waitingBytes).toBe(0);
  pair.near.end();
  await once(pair.far, "end", DEADLINE);
  expect(received).toBe(writes * piece.length);
});

test.each([500, 16_384, 60_000])("lent bytes may be overwritten after the write, in pieces of %i", async (length) => {
  await using pair = await Pair.open();
  let drained = Promise.withResolvers<void>();
  const writer = new SocketWriter(
    pair.near,
    events(pair.near, () => drained.resolve()),
  );
  const received: Buffer[] = [];
  const written: Buffer[] = [];
  let waits = 0;
  for (let piece = 0; waits < 3; piece++) {
    const bytes = Buffer.alloc(length, piece % 256);
    written.push(Buffer.from("head"), bytes);
    bytes.copy(READ_BUFFER);
    const isTaken = writer.parts(["head", READ_BUFFER.subarray(0, length)], 4 + length);
    READ_BUFFER.fill(0xee);
    if (isTaken) continue;
    waits++;
    // One more behind the one that waits.
    if (waits === 2) writer.parts(["behind", READ_BUFFER.subarray(0, length)], 6 + length);
    if (waits === 2) written.push(Buffer.from("behind"), Buffer.alloc(length, 0xee));
    READ_BUFFER.fill(0xdd);
    if (waits === 1) pair.far.on("data", (chunk: Buffer) => received.push(chunk));
    await drained.promise;
    drained = Promise.withResolvers<void>();
  }
  pair.near.end();
  await once(pair.far, "end", DEADLINE);
  expect(Buffer.concat(received).equals(Buffer.concat(written))).toBe(true);
});

test("a write to a connection that the peer has reset is an error, once", async () => {
  await using pair = await Pair.open();
  const failure = Promise.withResolvers<NodeJS.ErrnoException>();
  pair.near.once("error", failure.resolve);
  const writer = new SocketWriter(pair.near, events(pair.near));
  pair.far.resetAndDestroy();
  await once(pair.far, "close", DEADLINE);
  while (!pair.near.destroyed && writer.text("x")) await new Promise(setImmediate);
  expect((await failure.promise).code).toMatch(/^(ECONNRESET|EPIPE)$/);
});
