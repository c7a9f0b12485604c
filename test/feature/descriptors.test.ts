import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { HeadgateProcess } from "../support/servers/headgate-process.ts";
import { get } from "../support/clients/raw-client.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

const DESCRIPTORS = 256;
const IDLE = 400;

/** A connection that stays open. */
class KeptClient implements Disposable {
  readonly socket: Socket;
  text = "";

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.setEncoding("latin1").on("data", (text: string) => (this.text += text));
  }

  /** The status line of the next answer. */
  async ask(path: string): Promise<string> {
    this.text = "";
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: shop.localhost\r\n\r\n`);
    await untilTrue(() => this.text.includes("\r\n\r\n") || this.socket.destroyed);
    return this.text.slice(0, this.text.indexOf("\r\n"));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Connects and says nothing, until all are closed that clients have no share for. */
async function flood(port: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: IDLE }, () => connect(port, "127.0.0.1"));
  for (const socket of sockets) socket.on("error", () => {}).resume();
  const closed = (): number => sockets.filter((socket) => socket.destroyed || socket.readableEnded).length;
  await untilTrue(() => closed() > IDLE - DESCRIPTORS / 2, 30_000);
  return sockets;
}

test.each([["1"], ["3"]])(
  "with %s workers, more idle clients than there are descriptors leave endpoints and the admin server their own",
  { timeout: 60_000 },
  async (workers) => {
    await using headgate = await HeadgateProcess.scarce(
      DESCRIPTORS,
      "examples/quickstart",
      "--demo",
      "--worker-processes",
      workers,
    );
    const { http, admin } = headgate.ports;
    using client = new KeptClient(http);
    expect(await client.ask("/")).toBe("HTTP/1.1 200 OK");
    const idle = await flood(http);
    // Endpoints that nobody has asked yet.
    expect(await client.ask("/images")).toBe("HTTP/1.1 200 OK");
    expect(await client.ask("/search")).toBe("HTTP/1.1 200 OK");
    for (const path of ["/healthz", "/metrics"])
      expect((await get({ port: admin }, "127.0.0.1", path)).status, path).toBe(200);
    await headgate.untilOutput(/too many connections/);
    for (const socket of idle) socket.destroy();
    await untilTrue(() => idle.every((socket) => socket.closed));
    let served = 0;
    while (served === 0)
      served = (await get({ port: http }, "shop.localhost", "/").catch(() => ({ status: 0 }))).status;
    expect(served).toBe(200);
  },
);
