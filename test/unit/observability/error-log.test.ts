import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { onlyOne } from "../../../src/model/delta.ts";
import type { FinishedExchange } from "../../../src/model/finished-exchange.ts";
import { REASONS } from "../../../src/model/reasons.ts";
import { DEFAULT_SETTINGS, type ErrorLogLevel } from "../../../src/model/settings.ts";
import { ErrorLog, openJsonLogger } from "../../../src/observability/observability.ts";
import { delta } from "../../support/oracles/counted-metrics.ts";
import { anAttempt, anExchange, aRoute, fields, overTls } from "../../support/builders/finished-exchange.ts";

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

class Harness {
  readonly texts: string[] = [];
  nowMs = 0;
  readonly log: ErrorLog;

  constructor() {
    const clock = { nowMs: () => 0, monotonicMs: () => this.nowMs };
    this.log = new ErrorLog(openJsonLogger("info", { writeLine: (line) => this.texts.push(line) }, clock), clock);
  }

  get lines(): readonly Line[] {
    return this.texts.map((text) => JSON.parse(text) as Line);
  }

  line(exchange: Partial<FinishedExchange>): Line {
    this.log.onFinish(anExchange({ attempts: [], upstream: "", ...exchange }));
    return this.lines.at(-1) ?? { level: "none", msg: "" };
  }
}

const limits = {
  zone: "shop/web",
  requestsPerSecond: { rate: 5, burst: 25 },
  requestsPerMinute: null,
  connections: 3,
  allowlist: [],
};
const limited = aRoute({ filters: { ...aRoute().filters, limits, bodyLimit: { maxBytes: 1024 } } });
const closed = aRoute({ action: { kind: "closed", reason: "auth-url is not supported" } });
const failing = (failure: FinishedExchange["attempts"][number]["failure"], failureDetail = "") => [
  anAttempt({ status: 0, responseBytes: 0, failure, failureDetail }),
];

describe("the error log", () => {
  test("says nothing of an answer of an endpoint", () => {
    const harness = new Harness();
    harness.log.onFinish(anExchange({ status: 500 }));
    expect(harness.texts).toEqual([]);
  });

  test("has one line with code, reason, client, listener, host, route, endpoint, errno and request id", () => {
    const harness = new Harness();
    harness.log.onFinish(
      anExchange({
        route: aRoute(),
        status: 502,
        errorCode: "connect-failed",
        target: "/cart?id=1",
        client: overTls(),
        attempts: failing("connect-refused", "ECONNREFUSED"),
      }),
    );
    expect(harness.lines).toEqual([
      {
        level: "error",
        time: "1970-01-01T00:00:00.000Z",
        code: "connect-failed",
        status: 502,
        client: "192.0.2.7",
        listener: "https",
        host: "shop.example.com",
        request: "GET /cart",
        route: "shop/web",
        upstream: "shop-web-80",
        endpoint: "10.0.0.1:8080",
        errno: "ECONNREFUSED",
        requestId: "0123456789abcdef0123456789abcdef",
        msg: "nothing listens on 10.0.0.1:8080",
      },
    ]);
  });

  const known: readonly (readonly [string, Partial<FinishedExchange>, string])[] = [
    [
      "a host",
      { errorCode: "no-route", virtualHost: { id: "_", isDefault: true } },
      "no Ingress has the host shop.example.com",
    ],
    ["a path", { errorCode: "no-route", path: "/x" }, "no path of the host shop.example.com matches /x"],
    [
      "a request without host",
      { errorCode: "no-route", host: "" },
      "the request names no host, and no Ingress without host serves its path",
    ],
    [
      "endpoints that are not ready",
      { errorCode: "no-endpoints", route: aRoute(), errorDetail: "no endpoint is ready: 0 of 3" },
      "Service shop/web:80: no endpoint is ready: 0 of 3",
    ],
    ["a closed route", { errorCode: "route-closed", route: closed }, "the route is closed: auth-url is not supported"],
    ["a rate", { errorCode: "rate-limited", route: limited }, "the client is over limit-rps 5 of shop/web"],
    [
      "connections",
      { errorCode: "connections-limited", route: limited },
      "the client is over limit-connections 3 of shop/web",
    ],
    [
      "a body",
      { errorCode: "body-too-large", route: limited },
      "the request body is larger than 1024 bytes: proxy-body-size sets the limit",
    ],
    [
      "an endpoint that speaks TLS",
      { errorCode: "malformed", route: aRoute(), attempts: failing("malformed", "a TLS record") },
      "the endpoint 10.0.0.1:8080 speaks TLS: set backend-protocol to HTTPS",
    ],
    [
      "an endpoint that may speak TLS",
      { errorCode: "reset", route: aRoute(), attempts: failing("closed", "endpoint closed the connection") },
      "10.0.0.1:8080 gave no whole answer: endpoint closed the connection; if it speaks TLS there, set backend-protocol to HTTPS",
    ],
    [
      "an endpoint that speaks no TLS",
      { errorCode: "connect-failed", route: aRoute(), attempts: failing("tls-failed", "ERR_SSL_WRONG_VERSION_NUMBER") },
      "no TLS with 10.0.0.1:8080: the endpoint speaks no TLS: set backend-protocol to HTTP",
    ],
    [
      "an address without a way to it",
      { errorCode: "connect-failed", route: aRoute(), attempts: failing("connect-failed", "EHOSTUNREACH") },
      "10.0.0.1:8080 could not be connected to: there is no way to the Pod's address",
    ],
    [
      "a connection in time",
      { errorCode: "timeout", route: aRoute(), attempts: failing("connect-timeout") },
      "10.0.0.1:8080 took no connection within 5000 ms: proxy-connect-timeout sets the limit",
    ],
    [
      "a silent endpoint",
      { errorCode: "timeout", route: aRoute(), attempts: failing("read-timeout") },
      "10.0.0.1:8080 sent nothing for 60000 ms: proxy-read-timeout sets the limit",
    ],
    [
      "an endpoint that takes nothing",
      { errorCode: "timeout", route: aRoute(), attempts: failing("send-timeout") },
      "10.0.0.1:8080 took nothing for 60000 ms: proxy-send-timeout sets the limit",
    ],
    [
      "a large head",
      { errorCode: "malformed", route: aRoute(), attempts: failing("too-large", "head-too-large") },
      "the head of the answer of 10.0.0.1:8080 is too large: proxy-buffer-size sets the limit",
    ],
    [
      "a client that went away",
      { errorCode: "client-closed", attempts: failing("aborted") },
      "the client went away before the answer of 10.0.0.1:8080",
    ],
    [
      "a broken body",
      { errorCode: "client-malformed", errorDetail: "bad-chunk-size" },
      "the client broke the protocol inside its body: the size of a chunk is malformed",
    ],
    ["a code without words", { errorCode: "brand-new" }, "brand-new"],
  ];
  test.each(known)("names the cause: %s", (_name, exchange, message) => {
    expect(new Harness().line(exchange).msg).toBe(message);
  });

  test.each(Object.entries(REASONS))("has a line for %s whatever else is known", (errorCode, { level }) => {
    const label = { notice: "info", warn: "warn", error: "error" }[level];
    expect(new Harness().line({ errorCode })).toMatchObject({ code: errorCode, level: label, msg: expect.any(String) });
    const full = { errorCode, route: limited, attempts: failing("closed", "x"), errorDetail: "detail" };
    expect(new Harness().line(full).msg).not.toMatch(/undefined|null/);
  });

  test("never has a query, a header field or credentials before a host", () => {
    const secret = "hunter2";
    const requestHeaders = fields({ authorization: secret, cookie: secret, "user-agent": secret });
    const harness = new Harness();
    const rest = { errorCode: "no-route", requestHeaders, authority: secret };
    harness.line({ ...rest, target: `/a?token=${secret}` });
    harness.line({ ...rest, requestLine: `GET http://me:${secret}@a.test/?x=${secret} HTTP/1.1` });
    expect(harness.texts.join("\n")).not.toContain(secret);
    expect(harness.lines.map(({ request }) => request)).toEqual(["GET /a", "GET http://a.test/"]);
  });

  test("is one line of printable ASCII and bounded whatever clients send", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3000 }), (text) => {
        const harness = new Harness();
        harness.line({ errorCode: "no-route", target: `/${text}`, path: `/${text}`, host: "a.test", requestId: text });
        harness.line({ errorCode: "bad-request-line", method: "", target: "", requestLine: text });
        harness.log.onTurnedAway({ code: "tls-failed", detail: text, client: anExchange().client, serverName: text });
        expect(harness.texts).toHaveLength(3);
        for (const line of harness.texts) {
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
          expect(line.length).toBeLessThan(6_000);
        }
      }),
    );
  });

  test("tells of a connection that was turned away", () => {
    const harness = new Harness();
    const client = overTls();
    harness.log.onTurnedAway({ code: "tls-client-alert", detail: "unknown ca", client, serverName: "a.test" });
    expect(harness.lines[0]).toMatchObject({
      code: "tls-client-alert",
      client: "192.0.2.7",
      listener: "https",
      serverName: "a.test",
      msg: "the client refused our side of the handshake: unknown ca",
    });
  });

  test.each([
    ["notice", ["no-route", "no-endpoints", "reset"]],
    ["warn", ["no-endpoints", "reset"]],
    ["error", ["reset"]],
    ["off", []],
  ] as const)("leaves out what is below the level %s", (errorLogLevel: ErrorLogLevel, codes) => {
    const harness = new Harness();
    harness.log.apply(
      delta({ settings: onlyOne({ ...DEFAULT_SETTINGS, log: { ...DEFAULT_SETTINGS.log, errorLogLevel } }) }),
    );
    for (const errorCode of ["no-route", "no-endpoints", "reset"]) harness.line({ errorCode });
    expect(harness.lines.map(({ code }) => code)).toEqual(codes);
  });
});

describe("many errors in a second", () => {
  test("have ten lines of one code, and the rest is counted", () => {
    const harness = new Harness();
    for (let i = 0; i < 1_000; i++) harness.line({ errorCode: "bad-host" });
    harness.line({ errorCode: "reset" });
    harness.log.settle();
    expect(harness.lines).toHaveLength(12);
    expect(harness.lines.at(-1)).toMatchObject({
      leftOut: { "bad-host": 990 },
      msg: "990 more left out in the last second",
    });
    harness.log.settle();
    expect(harness.lines).toHaveLength(12);
  });

  test("have fifty lines in all", () => {
    const harness = new Harness();
    for (const errorCode of Object.keys(REASONS)) for (let i = 0; i < 5; i++) harness.line({ errorCode });
    expect(harness.lines).toHaveLength(50);
    harness.log.settle();
  });

  test("are told of by a timer when nothing else comes", () => {
    vi.useFakeTimers();
    try {
      const harness = new Harness();
      for (let i = 0; i < 12; i++) harness.line({ errorCode: "bad-host" });
      expect(harness.lines).toHaveLength(10);
      vi.advanceTimersByTime(1_000);
      expect(harness.lines.at(-1)?.msg).toBe("2 more left out in the last second");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("have lines again a second later", () => {
    const harness = new Harness();
    for (let i = 0; i < 20; i++) harness.line({ errorCode: "bad-host" });
    harness.nowMs = 1_000;
    harness.line({ errorCode: "bad-host" });
    expect(harness.lines).toHaveLength(11);
    harness.log.settle();
  });
});
