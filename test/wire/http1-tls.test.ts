import { createServer, type Server, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createSelfSigned } from "../../src/tls/self-signed.ts";
import { revealSecret } from "../../src/lib/secret.ts";
import { systemClock } from "../../src/lib/clock.ts";
import {
  connectHttp1,
  HeaderList,
  TimerWheel,
  type Dial,
  type Http1Connection,
  type WireError,
} from "../../src/wire/wire.ts";

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A TLS endpoint that answers every read, and keeps the server names it was called by. */
async function openEndpoint(): Promise<{ port: number; names: (string | false | null)[] }> {
  const { certPem, keyPem } = createSelfSigned(systemClock);
  const names: (string | false | null)[] = [];
  const server: Server = createServer({ cert: certPem, key: revealSecret(keyPem) }, (socket: TLSSocket) => {
    names.push(socket.servername);
    socket.on("error", () => {});
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, names };
}

async function dial(port: number, tls: Dial["tls"]): Promise<Http1Connection | WireError> {
  const wheel = new TimerWheel(systemClock);
  closing.push(() => wheel.close());
  return new Promise((resolve) => {
    connectHttp1({ host: "127.0.0.1", port, tls }, 3000, wheel, {
      onConnected: (connection) => {
        closing.push(() => connection.destroy());
        resolve(connection);
      },
      onFailed: resolve,
    });
  });
}

async function ask(connection: Http1Connection): Promise<string> {
  const head = {
    method: "GET",
    target: "/",
    headers: HeaderList.from([["Host", "a"]]),
    bodyLengthBytes: 0,
    answerHeadBytes: 65_536,
    upgrade: null,
  };
  return new Promise((resolve, reject) => {
    let body = "";
    const handler = {
      onInformational: () => {},
      onHead: () => {},
      onBody: (chunk: Uint8Array) => void (body += Buffer.from(chunk).toString("latin1")),
      onEnd: () => resolve(body),
      onUpgrade: () => {},
      onDrain: () => {},
      onError: (error: WireError) => reject(new Error(error.code)),
    };
    connection.send(head, handler, { connectMs: 3000, sendMs: 3000, readMs: 3000 }).end(null);
  });
}

describe("TLS to an endpoint", () => {
  test("is neither verified nor given a server name unless asked for, and is used again", async () => {
    const endpoint = await openEndpoint();
    const connection = await dial(endpoint.port, { serverName: null, verify: false });
    if ("code" in connection) throw new Error(connection.detail);
    expect(await ask(connection)).toBe("hello");
    expect(await ask(connection)).toBe("hello");
    expect(connection.requestsServed).toBe(2);
    expect(endpoint.names).toEqual([false]);
  });

  test("sends the server name it is told to", async () => {
    const endpoint = await openEndpoint();
    const connection = await dial(endpoint.port, { serverName: "shop.test", verify: false });
    if ("code" in connection) throw new Error(connection.detail);
    expect(await ask(connection)).toBe("hello");
    expect(endpoint.names).toEqual(["shop.test"]);
  });

  test("fails when the certificate is to be verified and cannot be", async () => {
    const endpoint = await openEndpoint();
    expect(await dial(endpoint.port, { serverName: "shop.test", verify: true })).toMatchObject({
      code: "tls-failed",
      requestSent: false,
    });
  });
});
