import { describe, expect, test } from "vitest";
import { sealSecret } from "../../../src/lib/secret.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import { createPaint, DevLog, openJsonLogger, openPrettyLogger } from "../../../src/observability/observability.ts";
import { anAttempt, anExchange, aRoute, overTls } from "../../support/builders/finished-exchange.ts";

const clock = { nowMs: () => Date.UTC(2026, 10, 21, 9, 8, 7, 123), monotonicMs: () => 0 };

function devLine(exchange: FinishedExchange, colors: "on" | "off"): string {
  const lines: string[] = [];
  new DevLog({ writeLine: (line) => lines.push(line) }, createPaint(colors)).onFinish(exchange);
  return lines.join("\n");
}

describe("the developer's request log", () => {
  test("tells method, address, route, service, endpoint, status and time in one plain line", () => {
    expect(devLine(anExchange({ route: aRoute(), target: "/cart?id=1" }), "off")).toBe(
      "200 GET  http://shop.example.com/cart?id=1 → shop/web / web:80 10.0.0.1:8080 12 ms",
    );
  });

  test("names the canary and the proxy's own error", () => {
    const line = devLine(
      anExchange({
        route: aRoute(),
        client: overTls(),
        alternativeUpstream: "shop-v2-80",
        status: 502,
        errorCode: "connect-failed",
        attempts: [anAttempt({ status: 0, failure: "connect-refused", failureDetail: "ECONNREFUSED" })],
      }),
      "off",
    );
    expect(line).toBe(
      "502 GET  https://shop.example.com/ → shop/web / web:80 canary shop-v2-80 10.0.0.1:8080 12 ms connect-failed: nothing listens on 10.0.0.1:8080",
    );
  });

  test("has the port that the client connected to, where it is not the scheme's own", () => {
    const plain = anExchange({ client: { ...anExchange().client, localPort: 8080 } });
    expect(devLine(plain, "off")).toContain(" http://shop.example.com:8080/ ");
    expect(devLine(anExchange({ client: { ...overTls(), localPort: 8443 } }), "off")).toContain(
      " https://shop.example.com:8443/ ",
    );
    expect(devLine(anExchange({ client: overTls() }), "off")).toContain(" https://shop.example.com/ ");
  });

  test("says so when no route was reached", () => {
    expect(devLine(anExchange({ attempts: [], status: 404, durationMs: 0.31 }), "off")).toBe(
      "404 GET  http://shop.example.com/ → no route 0.3 ms",
    );
  });

  test("is coloured only when asked for", () => {
    expect(devLine(anExchange(), "on")).toContain("\u001b[32m200");
    expect(devLine(anExchange(), "off")).not.toContain("\u001b");
  });

  test("never lets a client write to the terminal", () => {
    const line = devLine(anExchange({ target: "/\u001b[2J\r\n\u202e" }), "off");
    expect(line).toMatch(/^[\u0020-\u007e→]*$/);
  });
});

describe("the pretty logger", () => {
  test("writes level, message and fields, and escapes control characters", () => {
    const lines: string[] = [];
    const logger = openPrettyLogger("info", { writeLine: (line) => lines.push(line) }, createPaint("off"), clock);
    logger.debug({}, "not shown");
    logger.info({ port: 80, path: "a\u001bb" }, "listening");
    logger.error({ error: new Error("boom") }, "failed");
    expect(lines).toEqual([
      String.raw`2026-11-21T09:08:07.123Z info  listening port=80 path=a\x1bb`,
      "2026-11-21T09:08:07.123Z error failed error=boom",
    ]);
  });

  test("leaves the reason of a problem whole, however long the value before it", () => {
    const lines: string[] = [];
    const logger = openPrettyLogger("info", { writeLine: (line) => lines.push(line) }, createPaint("off"), clock);
    logger.error({}, `Ingress shop/web metadata.annotations "${"x".repeat(200)}": not a path (not served)`);
    expect(lines[0]).toMatch(/x": not a path \(not served\)$/);
  });
});

describe("the JSON logger", () => {
  test("writes one object a line, without anything secret", () => {
    const lines: string[] = [];
    const logger = openJsonLogger("info", { writeLine: (line) => lines.push(line) }, clock);
    logger.debug({}, "not shown");
    logger.warn({ object: "Secret shop/cert", key: sealSecret("hunter2") }, "line\nbreak");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "warn",
      time: "2026-11-21T09:08:07.123Z",
      object: "Secret shop/cert",
      key: {},
      msg: "line\nbreak",
    });
  });

  test("escapes what JSON lets pass and a terminal acts on", () => {
    const lines: string[] = [];
    const logger = openJsonLogger("info", { writeLine: (line) => lines.push(line) }, clock);
    logger.warn({ path: "\u009b31m\u007f\u0085" }, "a\u2028b\u202ec");
    expect(lines[0]).toMatch(/^[\u0020-\u007e]*$/);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ path: "\u009b31m\u007f\u0085", msg: "a\u2028b\u202ec" });
  });

  test("tells an error's message and stack", () => {
    const lines: string[] = [];
    openJsonLogger("info", { writeLine: (line) => lines.push(line) }, clock).error(
      { err: new Error("boom") },
      "failed",
    );
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ err: { message: "boom", stack: expect.any(String) } });
  });

  test("tells what an error was caused by, and what Node says besides", () => {
    const lines: string[] = [];
    const refused = Object.assign(new Error("no"), { code: "ECONNREFUSED", port: 80n });
    const err = new TypeError("boom", { cause: refused });
    openJsonLogger("info", { writeLine: (line) => lines.push(line) }, clock).error({ err, refused }, "failed");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      err: { type: "TypeError", stack: expect.stringMatching(/boom[^]*\ncaused by: Error: no/) },
      refused: { message: "no", code: "ECONNREFUSED", port: "80" },
    });
  });

  test("writes a line all the same when its fields are no JSON", () => {
    const lines: string[] = [];
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    const endless = new Error("again");
    endless.cause = endless;
    const logger = openJsonLogger("info", { writeLine: (line) => lines.push(line) }, clock);
    logger.error({ loop }, "failed");
    logger.error({ endless }, "failed");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", unwritable: expect.stringContaining("circular"), msg: "failed" },
      { level: "error", endless: { message: "again" }, msg: "failed" },
    ]);
  });
});
