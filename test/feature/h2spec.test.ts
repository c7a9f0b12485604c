import { beforeAll, describe, expect, test, type TestContext } from "vitest";
import { h2specBinary, runH2Spec } from "../support/servers/h2spec.ts";
import { ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

const CASES = 146;
/**
 * On the plain port, a client that does not begin with HTTP/2's preface speaks HTTP/1, and hears 400 in HTTP/1 before the connection ends.
 * h2spec takes the text of it for a frame that was cut off.
 */
const ANSWERED_IN_HTTP1 = "Sends invalid connection preface";

/** Some cases need a body of more than a few bytes. */
const BODY = "a body of a hundred bytes ".repeat(4);

let binary: string | null = null;
beforeAll(async () => {
  binary = await h2specBinary();
}, 320_000);

const OPENED = [
  ["answered by an endpoint", [buildHost("_", [buildRoute("x", "prefix", "/")])]],
  ["answered by the proxy itself, before their end", []],
] as const;

describe.each(OPENED)("h2spec, strict, with requests %s", (_name, hosts) => {
  test("has no failed case over TLS", { timeout: 120_000 }, async (context) => {
    await using backend = await RawBackend.open(answerText(BODY));
    await using fixture = await ProxyFixture.open({ hosts: [...hosts], endpoints: { "test-x-80": [backend.address] } });
    const report = await runH2Spec(needed(context), fixture.proxy.ports.https, "tls");
    expect(report.failed, report.output).toEqual([]);
    expect(report.summary).toBe(`${CASES} tests, ${CASES} passed, 0 skipped, 0 failed`);
  });

  test("has one failed case without TLS, which is answered in HTTP/1", { timeout: 120_000 }, async (context) => {
    await using backend = await RawBackend.open(answerText(BODY));
    await using fixture = await ProxyFixture.open({ hosts: [...hosts], endpoints: { "test-x-80": [backend.address] } });
    const report = await runH2Spec(needed(context), fixture.proxy.ports.http, "plain");
    expect(report.failed, report.output).toEqual([ANSWERED_IN_HTTP1]);
    expect(report.summary).toBe(`${CASES} tests, ${CASES - 1} passed, 0 skipped, 1 failed`);
  });
});

function needed(context: TestContext): string {
  if (binary === null) context.skip("no h2spec: Go is missing or cannot build it");
  return binary;
}
