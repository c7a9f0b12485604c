import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { onTestFinished, describe, expect, test } from "vitest";
import { revealSecret } from "../../src/lib/secret.ts";
import type { UpstreamSecurity } from "../../src/model/upstream-security.ts";
import type { PemPair } from "../../src/tls/tls.ts";
import { buildBackend, buildHost, buildRoute } from "../support/builders/route-builder.ts";
import { buildSecurity, URI_PAIR, WEB_URI } from "../support/builders/security-builder.ts";
import { EC_PAIR, testCa } from "../support/builders/test-certificates.ts";
import { get } from "../support/clients/raw-client.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";

interface Endpoint {
  readonly address: string;
  /** Names that clients sent, and whether they had a certificate that is trusted, by connection. */
  readonly seen: (readonly [name: string | false | null, authorized: boolean])[];
}

async function openEndpoint(pair: PemPair, options: TlsOptions = {}): Promise<Endpoint> {
  const seen: Endpoint["seen"] = [];
  const server: Server = createServer({ cert: pair.certPem, key: revealSecret(pair.keyPem), ...options }, (socket) => {
    seen.push([socket.servername, socket.authorized]);
    socket.on("error", () => {});
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"));
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Serves one backend with that security; null: none of that name is there. */
async function serve(endpoint: Endpoint, security: UpstreamSecurity | null): Promise<ProxyFixture> {
  const backend = buildBackend("test-x-80", { transport: { protocol: "https", security: "shop/x" } });
  const route = buildRoute("x", "prefix", "/");
  const action = { ...route.action, backends: [backend] } as typeof route.action;
  const fixture = await ProxyFixture.open({
    hosts: [buildHost("_", [{ ...route, action }])],
    endpoints: { "test-x-80": [endpoint.address] },
    upstreamSecurity: new Map(security === null ? [] : [["shop/x", security]]),
  });
  onTestFinished(() => fixture[Symbol.asyncDispose]());
  return fixture;
}

async function statusOf(fixture: ProxyFixture): Promise<number> {
  return (await get(fixture.http, "x.example", "/")).status;
}

const ca = testCa();

describe("an upstream with security", () => {
  const trusting = (parts: Partial<UpstreamSecurity> = {}): UpstreamSecurity =>
    buildSecurity("shop/x", { trustPem: ca.certPem, serverName: "shop.test", ...parts });

  test("is asked when its certificate is of the name, by an authority that is trusted", async () => {
    const endpoint = await openEndpoint(ca.issue("shop.test"));
    expect(await statusOf(await serve(endpoint, trusting()))).toBe(200);
    expect(endpoint.seen).toEqual([["shop.test", false]]);
  });

  test.each<[string, Partial<UpstreamSecurity>]>([
    ["its certificate is of another name", { serverName: "other.test" }],
    ["its authority is not trusted", { trustPem: EC_PAIR.certPem }],
    ["its authority is none that every program trusts", { trustPem: null }],
    ["no authority can be read", { trustPem: "nothing" }],
    ["no authority is given", { trustPem: "" }],
    ["it has none of the names that are accepted", { identities: [{ kind: "dns", value: "other.test" }] }],
    ["no server name is given, and the certificate is not of the address", { serverName: null }],
  ])("answers 502 and gets no request when %s", async (_name, parts) => {
    const endpoint = await openEndpoint(ca.issue("shop.test"));
    const fixture = await serve(endpoint, trusting(parts));
    expect(await statusOf(fixture)).toBe(502);
    expect((await fixture.record()).attempts.at(-1)).toMatchObject({ failure: "tls-failed", status: 0 });
  });

  test("answers 502 while its security is not there", async () => {
    const endpoint = await openEndpoint(ca.issue("shop.test"));
    expect(await statusOf(await serve(endpoint, null))).toBe(502);
    expect(endpoint.seen).toEqual([]);
  });

  test("may have a certificate for anything where it is not verified", async () => {
    const endpoint = await openEndpoint(EC_PAIR);
    expect(await statusOf(await serve(endpoint, trusting({ verify: false })))).toBe(200);
  });

  test.each<[string, UpstreamSecurity["identities"], number]>([
    ["the URI of its certificate", [{ kind: "uri", value: WEB_URI }], 200],
    [
      "one of several names",
      [
        { kind: "dns", value: "x.test" },
        { kind: "dns", value: "uri.test" },
      ],
      200,
    ],
    ["the beginning of its URI", [{ kind: "uri", value: WEB_URI.slice(0, -1) }], 502],
    ["its URI as a DNS name", [{ kind: "dns", value: WEB_URI }], 502],
  ])("is known by its identities, whatever name was sent: %s", async (_name, identities, status) => {
    const endpoint = await openEndpoint(URI_PAIR);
    const security = trusting({ trustPem: URI_PAIR.certPem, serverName: "elsewhere.test", identities });
    expect(await statusOf(await serve(endpoint, security))).toBe(status);
  });

  test("is shown a client certificate when it asks for one", async () => {
    const endpoint = await openEndpoint(ca.issue("shop.test"), { requestCert: true, ca: EC_PAIR.certPem });
    expect(await statusOf(await serve(endpoint, trusting({ clientCertificate: EC_PAIR })))).toBe(200);
    expect(await statusOf(await serve(endpoint, trusting()))).toBe(502);
    expect(endpoint.seen).toEqual([["shop.test", true]]);
  });

  test("is asked over a new connection when its security changes, and no more when it is gone", async () => {
    const endpoint = await openEndpoint(ca.issue("shop.test"));
    const fixture = await serve(endpoint, trusting());
    expect([await statusOf(fixture), await statusOf(fixture)]).toEqual([200, 200]);
    fixture.apply({ upstreamSecurity: new Map([["shop/x", trusting({ serverName: "other.test" })]]) });
    expect(await statusOf(fixture)).toBe(502);
    fixture.apply({ upstreamSecurity: new Map([["shop/x", trusting()]]) });
    expect(await statusOf(fixture)).toBe(200);
    fixture.apply({ upstreamSecurity: new Map([["shop/x", null]]) });
    expect(await statusOf(fixture)).toBe(502);
    expect(endpoint.seen).toHaveLength(2);
  });
});
