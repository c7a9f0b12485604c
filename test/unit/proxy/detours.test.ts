import { afterEach, describe, expect, test } from "vitest";
import { hsts } from "../../../src/proxy/filters/hsts.ts";
import type { Filter } from "../../../src/proxy/request/context.ts";
import { collectHooks, type Detour } from "../../../src/proxy/request/hooks.ts";
import type { SendPlan } from "../../../src/upstream/upstream.ts";
import { HeaderList } from "../../../src/wire/wire.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import type { FakeUpstreamRequest } from "../../support/servers/fake-stream.ts";

const root = buildRoute("root", "prefix", "/");
const NO_FIELDS = new HeaderList();
const GONE = { code: "closed", detail: "the client closed", requestSent: true, responseStarted: true } as const;
const opened: ExchangeHarness[] = [];
afterEach(() => opened.splice(0).forEach((proxy) => proxy[Symbol.dispose]()));

const PLAN = {
  upstream: { id: "errors" },
  protocol: "http",
  timeouts: { connectMs: 1, sendMs: 1, readMs: 1 },
  stick: null,
} as unknown as SendPlan;

function detour(target: string, carried: HeaderList | null = null): Detour {
  const headers = HeaderList.from([["Host", "shop.example"]]);
  const head = { method: "GET", target, headers, bodyLengthBytes: 0, answerHeadBytes: 4096, upgrade: null };
  return { plan: PLAN, head, carried };
}

/** Answers from 400 on are fetched elsewhere. */
const elsewhere: Filter = {
  intercept: (_request, status, headers) => {
    if (status < 400) return null;
    const realm = headers?.get("www-authenticate");
    return detour(`/${status}`, realm === undefined ? null : HeaderList.from([["WWW-Authenticate", realm]]));
  },
};

function serve(...filters: readonly Filter[]): ExchangeHarness {
  const proxy = new ExchangeHarness({ hooks: collectHooks([hsts, ...filters]) });
  opened.push(proxy);
  proxy.apply({ hosts: [buildHost("shop.example", [root])] });
  return proxy;
}

function asked(proxy: ExchangeHarness, index: number): FakeUpstreamRequest {
  const request = proxy.upstream.requests[index];
  if (request === undefined) throw new Error(`no request ${index} was sent`);
  return request;
}

function answer({ handler }: FakeUpstreamRequest, status: number, body: string): void {
  handler.onHead(status, HeaderList.from([["X-From", "errors"]]), body.length);
  handler.onBody(Buffer.from(body));
  handler.onEnd(null);
}

describe("an answer that a hook has fetched elsewhere", () => {
  test("is what the other upstream says, with its status", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    asked(proxy, 0).handler.onHead(404, HeaderList.from([["X-From", "shop"]]), 4);
    expect(stream.status).toBe(0);
    expect(asked(proxy, 1).head.target).toBe("/404");
    expect(asked(proxy, 1).calls).toEqual(["end"]);
    answer(asked(proxy, 1), 200, "sorry");
    expect(stream.status).toBe(200);
    expect(stream.body).toBe("sorry");
    expect([...stream.headers]).toEqual([["X-From", "errors"]]);
    expect(proxy.record).toMatchObject({ status: 200, errorCode: "", upstream: "errors" });
  });

  test("is not sent where no hook wants it elsewhere", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    answer(asked(proxy, 0), 200, "fine");
    expect(stream.body).toBe("fine");
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("brings the fields along that the hook wants to be kept", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    asked(proxy, 0).handler.onHead(401, HeaderList.from([["WWW-Authenticate", "Basic"]]), 0);
    answer(asked(proxy, 1), 401, "who?");
    expect(stream.headers.get("www-authenticate")).toBe("Basic");
  });

  test("passes the hooks of the response once, as what it now is", () => {
    const seen: number[] = [];
    const proxy = serve(elsewhere, { editResponse: (_request, { status }) => void seen.push(status) });
    proxy.send();
    asked(proxy, 0).handler.onHead(404, NO_FIELDS, 0);
    answer(asked(proxy, 1), 410, "");
    expect(seen).toEqual([410]);
  });

  test("is not fetched elsewhere again", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    asked(proxy, 0).handler.onHead(404, NO_FIELDS, 0);
    answer(asked(proxy, 1), 404, "not here either");
    expect(proxy.upstream.requests).toHaveLength(2);
    expect(stream.body).toBe("not here either");
  });
});

describe("an error of the proxy's own", () => {
  test("before an upstream was asked is fetched elsewhere, and stays in the log", () => {
    const proxy = serve(elsewhere);
    proxy.empty.add("test-root-80");
    const stream = proxy.send();
    expect(stream.status).toBe(0);
    expect(asked(proxy, 0).head.target).toBe("/503");
    answer(asked(proxy, 0), 503, "we are moving");
    expect(stream.body).toBe("we are moving");
    expect(stream.calls).not.toContain("closeAfterResponse");
    expect(proxy.record).toMatchObject({ status: 503, errorCode: "no-endpoints" });
  });

  test("after an upstream failed is fetched elsewhere, with the attempts at both", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    asked(proxy, 0).handler.onFailure({ status: 504, code: "timeout", responseStarted: false });
    answer(asked(proxy, 1), 504, "later");
    expect(stream.body).toBe("later");
    expect(proxy.record).toMatchObject({ status: 504, errorCode: "timeout" });
  });

  test("that is a redirect is sent as it is", () => {
    const proxy = serve({ intercept: () => detour("/") });
    const always = { whenCertificate: true, always: true, preserveTrailingSlash: false };
    proxy.apply({ hosts: [buildHost("shop.example", [buildRoute("root", "prefix", "/", { tlsRedirect: always })])] });
    expect(proxy.send().status).toBe(308);
    expect(proxy.upstream.requests).toHaveLength(0);
  });

  test("in the middle of an upload is fetched elsewhere, and the rest of the upload belongs to nobody", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send({ method: "POST", bodyLengthBytes: -1 });
    stream.handler.onBody(Buffer.from("12"));
    asked(proxy, 0).handler.onHead(413, NO_FIELDS, 0);
    stream.handler.onBody(Buffer.from("34"));
    stream.handler.onBodyEnd(null);
    answer(asked(proxy, 1), 413, "too much");
    expect(asked(proxy, 0).body).toBe("12");
    expect(asked(proxy, 0).aborted).toBe(true);
    expect(asked(proxy, 1).body).toBe("");
    expect(stream.body).toBe("too much");
    expect(stream.misuses).toEqual([]);
  });
});

describe("the connection of the answer that was thrown away", () => {
  test("can serve others when the rest is short: it is read to its end, and not sent", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    stream.handler.onBodyEnd(null);
    asked(proxy, 0).handler.onHead(404, NO_FIELDS, 4);
    asked(proxy, 0).handler.onBody(Buffer.from("gone"));
    asked(proxy, 0).handler.onEnd(null);
    answer(asked(proxy, 1), 404, "sorry");
    expect(asked(proxy, 0).calls).not.toContain("pauseBody");
    expect(stream.body).toBe("sorry");
    expect(stream.misuses).toEqual([]);
  });

  test.each([
    ["long", 1_000_000],
    ["of unknown length", -1],
  ])("is given up when the rest is %s", (_rest, length) => {
    const proxy = serve(elsewhere);
    proxy.send().handler.onBodyEnd(null);
    asked(proxy, 0).handler.onHead(404, NO_FIELDS, length);
    expect(asked(proxy, 0).aborted).toBe(true);
  });

  test("whose rest fails costs nothing", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    stream.handler.onBodyEnd(null);
    asked(proxy, 0).handler.onHead(404, NO_FIELDS, 4);
    asked(proxy, 0).handler.onFailure({ status: 502, code: "truncated", responseStarted: true });
    answer(asked(proxy, 1), 404, "sorry");
    expect(stream.body).toBe("sorry");
    expect(proxy.record).toMatchObject({ status: 404, errorCode: "" });
  });
});

describe("a detour that fails", () => {
  test("after an upstream's answer: a page of ours with the status that it was about", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    asked(proxy, 0).handler.onHead(404, NO_FIELDS, 0);
    asked(proxy, 1).handler.onFailure({ status: 502, code: "connect-failed", responseStarted: false });
    expect(stream.status).toBe(404);
    expect(stream.body).toContain("404 Not Found");
    expect(proxy.record).toMatchObject({ status: 404, errorCode: "error-page-failed" });
  });

  test("after an error of our own: its page, and its code in the log", () => {
    const proxy = serve(elsewhere);
    proxy.empty.add("test-root-80");
    const stream = proxy.send();
    asked(proxy, 0).handler.onFailure({ status: 502, code: "connect-failed", responseStarted: false });
    expect(stream.status).toBe(503);
    expect(proxy.record).toMatchObject({ status: 503, errorCode: "no-endpoints" });
  });

  test("ends with the client", () => {
    const proxy = serve(elsewhere);
    const stream = proxy.send();
    asked(proxy, 0).handler.onHead(404, NO_FIELDS, 0);
    stream.gone = true;
    stream.handler.onClose(GONE);
    expect(asked(proxy, 1).aborted).toBe(true);
    expect(proxy.record).toMatchObject({ status: 499, errorCode: "client-closed" });
    expect(stream.misuses).toEqual([]);
  });

  test("a hook that throws sends the answer as it is", () => {
    const proxy = serve({
      intercept: () => {
        throw new Error("a fault of a filter");
      },
    });
    const stream = proxy.send();
    answer(asked(proxy, 0), 404, "as it is");
    expect(stream.body).toBe("as it is");
  });
});
