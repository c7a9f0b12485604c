import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AccessLog } from "../../../src/observability/observability.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import { anAttempt, anExchange, fields } from "../../support/builders/finished-exchange.ts";

function logged(exchange: FinishedExchange): string {
  const lines: string[] = [];
  const output = { writeLine: (line: string) => lines.push(line) };
  new AccessLog({ stdout: output, stderr: output }, { hostname: "machine", processId: 7 }).onFinish(exchange);
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

const withHeaders = (headers: Readonly<Record<string, string>>) => fields({ "user-agent": "curl/8.5.0", ...headers });

describe("the access log", () => {
  test("writes ingress-nginx's default line", () => {
    expect(logged(anExchange({ requestHeaders: withHeaders({ referer: "https://a.example/" }) }))).toBe(
      '192.0.2.7 - - [21/Nov/2026:09:08:07 +0000] "GET / HTTP/1.1" 200 512 "https://a.example/" "curl/8.5.0" ' +
        "90 0.012 [shop-web-80] [] 10.0.0.1:8080 512 0.008 200 0123456789abcdef0123456789abcdef",
    );
  });

  test("stamps a line with the end of the request, as nginx does", () => {
    const late = anExchange({ durationMs: 61_000 });
    expect(logged(late)).toContain("[21/Nov/2026:09:09:08 +0000]");
  });

  test("writes a dash for what a request did not have", () => {
    const bare = anExchange({ attempts: [], requestId: "", requestHeaders: fields({}), upstream: "", status: 404 });
    expect(logged(bare)).toBe(
      '192.0.2.7 - - [21/Nov/2026:09:08:07 +0000] "GET / HTTP/1.1" 404 512 "-" "-" 90 0.012 [-] [] - - - - -',
    );
  });

  test("writes a dash for a request line that could not be read", () => {
    expect(logged(anExchange({ method: "", target: "", status: 400 }))).toContain('] "-" 400 ');
  });

  test("lists every attempt of a retried request", () => {
    const failed = anAttempt({ address: "10.0.0.2:80", status: 0, durationMs: 5000, responseBytes: 0 });
    expect(logged(anExchange({ attempts: [failed, anAttempt()] }))).toContain(
      "10.0.0.2:80, 10.0.0.1:8080 0, 512 5.000, 0.008 502, 200 ",
    );
  });

  test("gives an attempt that ended in a timeout the status 504", () => {
    const timedOut = anAttempt({ status: 0, failure: "read-timeout" });
    expect(logged(anExchange({ status: 504, attempts: [timedOut] }))).toContain(" 0.008 504 ");
    const both = [timedOut, anAttempt({ status: 0, failure: "connect-refused" })];
    expect(logged(anExchange({ status: 502, attempts: both }))).toContain(" 504, 502 ");
  });

  test("names the canary's upstream", () => {
    expect(logged(anExchange({ alternativeUpstream: "shop-web-v2-80" }))).toContain("[shop-web-80] [shop-web-v2-80] ");
  });

  test.each([
    ['say "hi"', String.raw`say \x22hi\x22`],
    ["back\\slash", String.raw`back\x5Cslash`],
    ["line\r\nforged", String.raw`line\x0D\x0Aforged`],
    ["\u001b[31m", String.raw`\x1B[31m`],
    ["caf\u00e9\u007f", String.raw`caf\xE9\x7F`],
    ["\u202eevil", String.raw`\xE2\x80\xAEevil`],
  ])("escapes %j as nginx does", (userAgent, escaped) => {
    expect(logged(anExchange({ requestHeaders: fields({ "user-agent": userAgent }) }))).toContain(`"${escaped}"`);
  });

  test("is one line of printable ASCII whatever the client sends", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (target, text) => {
        const line = logged(
          anExchange({ target: `/${target}`, requestHeaders: fields({ "user-agent": text, referer: text }) }),
        );
        expect(line).toMatch(/^[\u0020-\u007e]*$/);
        expect(line.split('"')).toHaveLength(7);
      }),
    );
  });
});
