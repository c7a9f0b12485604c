import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { expect, test } from "vitest";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { RawBackend } from "../support/servers/raw-backend.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

const UPLOAD_BYTES = 6_000_000;
const CLIENTS = 8;

interface Ask {
  readonly fixture: ProxyFixture;
  readonly transport: "http" | "https";
  readonly path: string;
}

/** What an ordinary client hears of its upload: the status, or why there was none. */
function upload({ fixture, transport, path }: Ask): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const client = (transport === "http" ? requestPlain : requestTls)(
    {
      port: fixture.proxy.ports[transport],
      host: "127.0.0.1",
      servername: "shop.example",
      rejectUnauthorized: false,
      method: "POST",
      path,
      headers: { host: "shop.example", "content-length": UPLOAD_BYTES },
    },
    (response) => {
      response.resume();
      response.on("end", () => resolve(String(response.statusCode)));
      response.on("error", (error: NodeJS.ErrnoException) => resolve(`in the body: ${error.code}`));
    },
  );
  client.on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  client.end(Buffer.alloc(UPLOAD_BYTES, "x"));
  return promise;
}

test.each([
  ["http", "/limited", "413"],
  ["https", "/limited", "413"],
  ["http", "/empty", "503"],
  ["https", "/empty", "503"],
  ["http", "/redirected", "308"],
  ["http", "/early", "401"],
  ["https", "/early", "401"],
] as const)("an upload over %s to %s hears %s while it is still sending", async (transport, path, status) => {
  await using backend = await RawBackend.open(({ socket }) => {
    socket.end("HTTP/1.1 401 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", () => socket.destroy());
  });
  const plain = { whenCertificate: false, always: false, preserveTrailingSlash: false };
  const open = { bodyLimitBytes: 0, tlsRedirect: plain };
  const routes = [
    buildRoute("x", "prefix", "/limited", { tlsRedirect: plain }),
    buildRoute("nobody", "prefix", "/empty", open),
    buildRoute("x", "prefix", "/redirected", { ...open, tlsRedirect: { ...plain, always: true } }),
    buildRoute("x", "prefix", "/early", open),
  ];
  await using fixture = await ProxyFixture.open({
    hosts: [buildHost("shop.example", routes)],
    endpoints: { "test-x-80": [backend.address] },
  });
  const heard = await Promise.all(Array.from({ length: CLIENTS }, () => upload({ fixture, transport, path })));
  expect(new Set(heard)).toEqual(new Set([status]));
});
