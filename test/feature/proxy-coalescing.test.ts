import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { describe, expect, test } from "vitest";
import type { Route } from "../../src/model/route.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { get } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { certificate, testCa } from "../support/builders/test-certificates.ts";

/** A route as an Ingress gets it that asks for client certificates, which are not honoured yet. */
const GUARDED: Route = {
  ...buildRoute("guarded", "prefix", "/"),
  action: { kind: "closed", reason: "auth-tls-secret" },
};

/** Three hosts with a certificate each, and one without any TLS section. */
async function open(backend: RawBackend): Promise<ProxyFixture> {
  const named = (host: string): string => `test/${host}`;
  const certified = ["shop.test", "blog.test", "guarded.test"];
  const route = buildRoute("x", "prefix", "/");
  return await ProxyFixture.open({
    hosts: [
      buildHost("shop.test", [route], { certificate: named("shop.test") }),
      buildHost("blog.test", [route], { certificate: named("blog.test") }),
      buildHost("guarded.test", [GUARDED], { certificate: named("guarded.test") }),
      buildHost("plain.test", [route]),
    ],
    endpoints: { "test-x-80": [backend.address] },
    certificates: new Map(certified.map((host) => [named(host), certificate(named(host), testCa().issue(host))])),
  });
}

async function status(session: ClientHttp2Session, host: string): Promise<number | undefined> {
  const stream = session.request({ ":path": "/", ":authority": host });
  const [headers] = (await once(stream, "response")) as [{ readonly ":status"?: number }];
  stream.resume();
  await once(stream, "close");
  return headers[":status"];
}

describe("H2-28 a connection whose certificate does not cover the host", () => {
  test("serves it over HTTP/2 as its own connection would: no host has a policy for client certificates", async () => {
    await using backend = await RawBackend.open(answerText("ok"));
    await using fixture = await open(backend);
    const session = connect(`https://127.0.0.1:${fixture.proxy.ports.https}`, {
      servername: "shop.test",
      rejectUnauthorized: false,
    });
    try {
      const hosts = ["shop.test", "blog.test", "plain.test", "guarded.test", "nobody.test"];
      const got: (number | undefined)[] = [];
      for (const host of hosts) got.push(await status(session, host));
      expect(got).toEqual([200, 200, 200, 503, 404]);
    } finally {
      session.destroy();
    }
  });

  test.each([
    ["blog.test", 200],
    ["plain.test", 200],
    ["guarded.test", 503],
    ["nobody.test", 404],
  ])("answers %s over HTTP/1.1 with %i", async (host, expected) => {
    await using backend = await RawBackend.open(answerText("ok"));
    await using fixture = await open(backend);
    expect((await get(fixture.https("shop.test"), host, "/")).status).toBe(expected);
  });
});
