import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { revealSecret } from "../../src/lib/secret.ts";
import { readsIntoBuffer } from "../../src/wire/socket/read-buffer.ts";
import { SocketPort, type SocketSink } from "../../src/wire/socket/socket-port.ts";
import { EC_PAIR } from "../support/builders/test-certificates.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

/** Keeps what it reads; pauses its port after every piece until told to go on. */
class HesitantSink implements SocketSink {
  text = "";
  pieces = 0;
  ended = false;
  readonly port: SocketPort;

  constructor(socket: Socket) {
    this.port = new SocketPort(socket, this);
    this.port.read();
  }

  onSocketData(bytes: Buffer, length: number): void {
    this.text += bytes.toString("latin1", 0, length);
    this.pieces++;
    this.port.pause();
  }

  onSocketEnd(): void {
    this.ended = true;
  }

  onSocketDrain(): void {}
  onSocketError(): void {}
  onSocketClose(): void {}
}

/** An accepted connection and the client's end of it. */
async function openPair(kind: "plain" | "tls"): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const pem = { cert: EC_PAIR.certPem, key: revealSecret(EC_PAIR.keyPem) };
  const server = kind === "plain" ? createServer() : createTlsServer(pem);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, kind === "plain" ? "connection" : "secureConnection") as Promise<[Socket]>;
  const far = kind === "plain" ? connect(port, "127.0.0.1") : connectTls({ port, rejectUnauthorized: false });
  far.on("error", () => {});
  const [near] = await accepted;
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

test("the Node that we run on lets accepted sockets read into one buffer", () => {
  expect(readsIntoBuffer).toBe(true);
});

test.each(["plain", "tls"] as const)("a reader that pauses after every piece misses nothing, %s", async (kind) => {
  const { near, far } = await openPair(kind);
  const sink = new HesitantSink(near);
  const lines = Array.from({ length: 200 }, (_, index) => `${index}:${"x".repeat(index * 7)}\n`);
  for (const line of lines) far.write(line, "latin1");
  far.end();
  const whole = lines.join("");
  await untilTrue(() => {
    sink.port.resume();
    return sink.text.length >= whole.length && sink.ended;
  });
  expect(sink.text).toBe(whole);
});

test.each(["plain", "tls"] as const)("a reader that does not go on is given nothing, %s", async (kind) => {
  const { near, far } = await openPair(kind);
  const sink = new HesitantSink(near);
  far.write("first");
  await untilTrue(() => sink.pieces === 1);
  far.write("second");
  far.end();
  const other = await openPair(kind);
  const later = new HesitantSink(other.near);
  other.far.write("later");
  await untilTrue(() => later.pieces === 1);
  expect(sink.text).toBe("first");
  sink.port.resume();
  await untilTrue(() => sink.pieces === 2);
  expect(sink.text).toBe("firstsecond");
});

test("two connections that share the buffer keep their bytes apart", async () => {
  const [one, two] = [await openPair("plain"), await openPair("plain")];
  const [first, second] = [new HesitantSink(one.near), new HesitantSink(two.near)];
  one.far.write("a".repeat(1000));
  two.far.write("b".repeat(1000));
  await untilTrue(() => {
    first.port.resume();
    second.port.resume();
    return first.text.length === 1000 && second.text.length === 1000;
  });
  expect([new Set(first.text), new Set(second.text)]).toEqual([new Set("a"), new Set("b")]);
});
