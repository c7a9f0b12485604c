import { describe, expect, test } from "vitest";
import type { VirtualHost } from "../../src/model/virtual-host.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { request } from "../support/clients/raw-client.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** What came of one request, byte for byte: the client's status, and the request lines and fields at the backend. */
async function send(lines: readonly string[], body = ""): Promise<{ status: number; seen: RawBackend["requests"] }> {
  await using backend = await RawBackend.open(answerText("ok"));
  await using fixture = await ProxyFixture.open({
    hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])],
    endpoints: { "test-x-80": [backend.address] },
  });
  const { status } = await request(fixture.http, lines, body);
  return { status, seen: backend.requests };
}

describe("a target whose meaning is in doubt never reaches a backend", () => {
  test.each([
    ["PT-02", "/../../etc"],
    ["PT-02", "/p/..%2f..%2fetc"],
    ["PT-02", "/%2e%2e/etc"],
    ["PT-03", "/p/..%2fadmin"],
    ["PT-03", "/p/..%5cadmin"],
    ["PT-06", "/p/..;/admin"],
    ["PT-06", "/p/..;x=y/admin"],
    ["PT-07", "/p\\..\\admin"],
    ["PT-08", "/p%00.html"],
    ["PT-10", "/p%zz"],
    ["PT-10", "/p%2"],
    ["PT-11", "/p#/admin"],
    ["PT-11", "http://a.test/p#/admin"],
    ["PT-12", "/a\x7fb"],
  ])("%s %s", async (_id, target) => {
    const { status, seen } = await send([`GET ${target} HTTP/1.1`, "Host: a.test"]);
    expect(status).toBe(400);
    expect(seen).toEqual([]);
  });
});

describe("a target with one meaning is forwarded as it was judged", () => {
  test.each([
    ["PT-01", "/p/../admin", "/admin"],
    ["PT-01", "/p/%2e%2e/admin", "/admin"],
    ["PT-01", "/p/.%2e/admin?x=/../y", "/admin?x=/../y"],
    ["PT-03", "/p/a%2Fb", "/p/a%2Fb"],
    ["PT-04", "/p/%252e%252e/x", "/p/%252e%252e/x"],
    ["PT-05", "/p//x", "/p//x"],
    ["PT-06", "/p;x=y/admin", "/p;x=y/admin"],
    ["PT-09", "/%c0%ae/x", "/%c0%ae/x"],
    ["PT-12", '/a"<>^`{}|b', "/a%22%3C%3E%5E%60%7B%7D%7Cb"],
    ["PT-12", '/p?q={"a":"b|c"}&`^<>', "/p?q=%7B%22a%22:%22b%7Cc%22%7D&%60%5E%3C%3E"],
    ["PT-09", "/caf\xc3\xa9?q=\xe9", "/caf%C3%A9?q=%E9"],
    ["PT-09", "/\xc0\xae/x", "/%C0%AE/x"],
    ["PT-09", "http://a.test/\xe9?\xff", "/%E9?%FF"],
    ["PT-07", "/a\\b?c\\d", "/a%5Cb?c%5Cd"],
    ["PT-13", "/a%0d%0aX-Evil:1", "/a%0d%0aX-Evil:1"],
    ["PT-17", "/ADMIN", "/ADMIN"],
  ])("%s %s", async (_id, target, forwarded) => {
    const { status, seen } = await send([`GET ${target} HTTP/1.1`, "Host: a.test"]);
    expect(status).toBe(200);
    expect(seen.map(({ line }) => line)).toEqual([`GET ${forwarded} HTTP/1.1`]);
  });
});

describe("a path that a backend may read as one of a closed route", () => {
  const admin = { ...buildRoute("admin", "prefix", "/admin"), action: { kind: "closed", reason: "auth" } } as const;
  const root = buildRoute("x", "prefix", "/");

  async function sendTo(
    host: VirtualHost,
    targets: readonly string[],
  ): Promise<readonly (readonly [number, string | undefined])[]> {
    await using backend = await RawBackend.open(answerText("ok"));
    await using fixture = await ProxyFixture.open({ hosts: [host], endpoints: { "test-x-80": [backend.address] } });
    const answers: (readonly [number, string | undefined])[] = [];
    for (const target of targets) {
      const before = backend.requests.length;
      const { status } = await request(fixture.http, [`GET ${target} HTTP/1.1`, "Host: a.test"]);
      answers.push([status, backend.requests[before]?.line]);
    }
    return answers;
  }

  test.each([
    ["PT-06", "/;/admin"],
    ["PT-06", "/;x/admin"],
    ["PT-06", "/%3b/admin"],
    ["PT-06", "/x/../;/admin"],
    ["PT-05", "//x/admin"],
    ["PT-05", "///x/admin?q"],
    ["PT-07", "/\\x/admin"],
    ["PT-07", "/\\admin"],
    ["PT-04", "/x/%252e%252e/admin"],
    ["PT-09", "/x/%c0%ae%c0%ae/admin"],
    ["PT-08", "/admin%2500"],
  ])("%s %s is refused and never reaches the open route", async (_id, target) => {
    expect(await sendTo(buildHost("_", [admin, root]), [target])).toEqual([[400, undefined]]);
  });

  test("the same holds on a host in regex mode, in any case of letters", async () => {
    const host = buildHost("_", [admin, root], { regexMode: true });
    expect(await sendTo(host, ["/;/ADMIN", "//x/Admin"])).toEqual([
      [400, undefined],
      [400, undefined],
    ]);
  });

  test("sloppy slashes, parameters and escapes that lead nowhere else are served", async () => {
    const targets = ["//x", "/a;v=1/b;w=2", "/a%2Fb//c", "/x/%5B;", "/https://other.test/admin", "/a%20b"];
    const served = targets.map((target) => [200, `GET ${target} HTTP/1.1`]);
    expect(await sendTo(buildHost("_", [admin, root]), targets)).toEqual(served);
  });

  test("more readings than are looked at are refused on a host with guards, and served where nothing is guarded", async () => {
    const target = `/${"//x;%2f".repeat(1000)}`;
    const other = buildRoute("other", "prefix", "/other");
    expect(await sendTo(buildHost("_", [admin, root]), [target])).toEqual([[400, undefined]]);
    expect(await sendTo(buildHost("_", [other, root]), [target])).toEqual([[200, `GET ${target} HTTP/1.1`]]);
  });

  test("PT-14 what was captured never becomes an authority in front of the rest", async () => {
    const app = buildRoute("x", "prefix", "/app(/|$)(.*)", { rewrite: { target: "/$2" } });
    const host = buildHost("_", [admin, app], { regexMode: true });
    expect(await sendTo(host, ["/app/%5Cx/admin", "/app/%252Fx/admin", "/app/a%20b"])).toEqual([
      [400, undefined],
      [400, undefined],
      [200, "GET /a%20b HTTP/1.1"],
    ]);
  });
});

describe("what a client says about framing and hops", () => {
  test.each(["Content-Length", "Transfer-Encoding", "Host", "Authorization", "Cookie"])(
    "HD-03 HD-04 Connection: %s takes nothing away",
    async (name) => {
      const fields = ["Authorization: x", "Cookie: a=b", "Content-Length: 5"];
      const { seen } = await send(["POST /p HTTP/1.1", "Host: a.test", `Connection: ${name}`, ...fields], "hello");
      const names = seen[0]?.fields.map((field) => field.split(":")[0]?.toLowerCase());
      expect(seen[0]?.body).toBe("hello");
      expect(names).toEqual(expect.arrayContaining(["host", "authorization", "cookie", "content-length"]));
    },
  );

  test("HD-15 cookies in many fields arrive in one", async () => {
    const { seen } = await send(["GET /p HTTP/1.1", "Host: a.test", "Cookie: a=1", "X: y", "cookie: b=2"]);
    expect(seen[0]?.fields.filter((field) => /^cookie:/i.test(field))).toEqual(["Cookie: a=1; b=2"]);
  });

  test("DS-12 a range of a thousand parts is passed on within the limits of a head", async () => {
    const range = `bytes=${"0-,".repeat(1000)}0-`;
    const { seen } = await send(["GET /p HTTP/1.1", "Host: a.test", `Range: ${range}`]);
    expect(seen[0]?.fields).toContain(`Range: ${range}`);
  });
});

describe("an early end", () => {
  test("BE-15 without an endpoint the answer is 503 at once, with the advice to try again", async () => {
    await using fixture = await ProxyFixture.open({ hosts: [buildHost("_", [buildRoute("x", "prefix", "/")])] });
    const answer = await request(fixture.http, ["GET /p HTTP/1.1", "Host: a.test"]);
    expect([answer.status, answer.field("retry-after")]).toEqual([503, "1"]);
  });

  test("DS-08 a length above the limit is 413, though nothing follows", async () => {
    const { status, seen } = await send(["POST /p HTTP/1.1", "Host: a.test", "Content-Length: 10737418240"]);
    expect([status, seen]).toEqual([413, []]);
  });

  test("FR-13 a chunk of more than the limit is 413 as soon as that much came", async () => {
    const lines = ["POST /p HTTP/1.1", "Host: a.test", "Transfer-Encoding: chunked"];
    const { status, seen } = await send(lines, `ffffffffff\r\n${"x".repeat(1_100_000)}`);
    expect(status).toBe(413);
    expect(seen.every(({ ended }) => !ended)).toBe(true);
  });
});
