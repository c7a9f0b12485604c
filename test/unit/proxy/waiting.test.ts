import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorAnswer } from "../../../src/proxy/answers/answer.ts";
import { endpoints } from "../../../src/proxy/forward/endpoints.ts";
import { hsts } from "../../../src/proxy/filters/hsts.ts";
import type { Filter } from "../../../src/proxy/request/context.ts";
import { collectHooks } from "../../../src/proxy/request/hooks.ts";
import { HeaderList, TimerWheel } from "../../../src/wire/wire.ts";
import { ManualWait } from "../../support/builders/manual-wait.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import { FakeClock } from "../../support/waiting/fake-clock.ts";

const root = buildRoute("root", "prefix", "/");
const FORBIDDEN = errorAnswer({ code: "no-route", status: 403 });
const GONE = { code: "closed", detail: "the client closed", requestSent: true, responseStarted: false } as const;

const opened: ExchangeHarness[] = [];
let clock: FakeClock;
let wheel: TimerWheel;
beforeEach(() => {
  clock = new FakeClock();
  wheel = new TimerWheel(clock, 1);
});
afterEach(() => opened.splice(0).forEach((proxy) => proxy[Symbol.dispose]()));

function serve(...filters: readonly Filter[]): ExchangeHarness {
  const proxy = new ExchangeHarness({ hooks: collectHooks([hsts, ...filters]), wheel });
  opened.push(proxy);
  proxy.apply({ hosts: [buildHost("shop.example", [root])] });
  return proxy;
}

/** Each request waits for its own question. */
function asking(...waits: readonly ManualWait[]): Filter {
  const left = [...waits];
  return { decide: () => left.shift() ?? null };
}

function pass(milliseconds: number): void {
  clock.advance(milliseconds);
  wheel.tick();
}

describe("a request whose decision waits", () => {
  test("stands still: no upstream is asked, nothing of its body is read, nothing is sent", () => {
    const wait = new ManualWait();
    const proxy = serve(asking(wait));
    const stream = proxy.send({ method: "POST", bodyLengthBytes: 9 });
    expect(wait.calls).toEqual(["begin"]);
    expect(stream.calls).toEqual([]);
    expect(proxy.upstream.requests).toHaveLength(0);
    expect(proxy.core.log.running).toBe(1);
  });

  test("goes on to its upstream when it may pass, and its body is read", () => {
    const wait = new ManualWait();
    const proxy = serve(asking(wait));
    const stream = proxy.send({ method: "POST", bodyLengthBytes: 9 });
    wait.say(null);
    expect(proxy.upstream.requests).toHaveLength(1);
    expect(stream.calls).toEqual(["resumeBody"]);
    expect(wheel.size).toBe(0);
  });

  test("is answered with what was decided", () => {
    const wait = new ManualWait();
    const proxy = serve(asking(wait));
    const stream = proxy.send();
    wait.say(FORBIDDEN);
    expect(stream.status).toBe(403);
    expect(proxy.upstream.requests).toHaveLength(0);
    expect(proxy.record.status).toBe(403);
  });

  test("may have its answer at once", () => {
    const wait = new ManualWait(1000, [], (self) => self.say(null));
    const proxy = serve(asking(wait));
    proxy.send();
    expect(proxy.upstream.requests).toHaveLength(1);
    expect(wheel.size).toBe(0);
  });

  test("is asked about by every later hook once, and by none twice", () => {
    const asked: string[] = [];
    const first = new ManualWait();
    const second = new ManualWait();
    const note = (name: string, wait: ManualWait | null): Filter => ({
      decide: () => {
        asked.push(name);
        return wait;
      },
    });
    const proxy = serve(note("a", null), note("b", first), note("c", null), note("d", second), note("e", null));
    proxy.send();
    first.say(null);
    second.say(null);
    expect(asked).toEqual(["a", "b", "c", "d", "e"]);
    expect(proxy.upstream.requests).toHaveLength(1);
  });

  test("settles once: whatever is said afterwards is not heard", () => {
    const wait = new ManualWait();
    const proxy = serve(asking(wait));
    const stream = proxy.send();
    wait.say(FORBIDDEN);
    wait.say(null);
    wait.failInside();
    pass(120_000);
    expect(wait.calls).toEqual(["begin", "settle", "settle"]);
    expect(stream.misuses).toEqual([]);
    expect(proxy.upstream.requests).toHaveLength(0);
    expect(proxy.finished).toHaveLength(1);
  });

  test("goes to the upstream that is there when the wait is over, not to the one that was there before", () => {
    const wait = new ManualWait();
    const proxy = serve();
    const route = proxy.runtime.tables.ingress.find("shop.example")?.onlyRoute;
    Object.assign(route ?? {}, { hooks: collectHooks([endpoints, asking(wait)]) });
    proxy.send();
    const before = route?.upstream;
    wait.say(null);
    const { upstream } = proxy.upstream.request.plan;
    expect(before?.closed).toBe(true);
    expect(upstream).not.toBe(before);
    expect(upstream.id).toBe(before?.id);
  });
});

describe("the client's going ends the wait", () => {
  test("and cancels the question", () => {
    const wait = new ManualWait();
    const proxy = serve(asking(wait));
    const stream = proxy.send();
    stream.gone = true;
    stream.handler.onClose(GONE);
    expect(wait.calls).toEqual(["begin", "cancel"]);
    expect(proxy.record).toMatchObject({ status: 499, errorCode: "client-closed" });
    expect(wheel.size).toBe(0);
    wait.say(null);
    expect(proxy.upstream.requests).toHaveLength(0);
    expect(stream.misuses).toEqual([]);
  });

  test("even when the question cannot be cancelled", () => {
    const wait = new ManualWait(1000, ["cancel"]);
    const proxy = serve(asking(wait));
    const stream = proxy.send();
    stream.gone = true;
    stream.handler.onClose(GONE);
    expect(proxy.record.status).toBe(499);
    expect(stream.misuses).toEqual([]);
  });
});

describe("a wait has a deadline", () => {
  test("after which the filter says what becomes of the request", () => {
    const wait = new ManualWait(1000);
    const proxy = serve(asking(wait));
    const stream = proxy.send();
    pass(999);
    expect(stream.status).toBe(0);
    pass(10);
    expect(wait.calls).toEqual(["begin", "cancel", "late"]);
    expect(stream.status).toBe(504);
    expect(proxy.record).toMatchObject({ errorCode: "timeout", errorDetail: "nobody decided" });
  });
});

describe("a filter that throws costs its request only", () => {
  test.each([
    ["when it asks", new ManualWait(1000, ["begin"]), ["begin", "cancel"]],
    ["when it asks, and again when it gives up", new ManualWait(1000, ["begin", "cancel"]), ["begin", "cancel"]],
    ["at its deadline", new ManualWait(1000, ["late"]), ["begin", "cancel", "late"]],
    ["at its deadline, when it gives up", new ManualWait(1000, ["cancel"]), ["begin", "cancel"]],
  ])("%s", (_when, wait, calls) => {
    const proxy = serve(asking(wait));
    const stream = proxy.send();
    pass(2000);
    expect(wait.calls).toEqual(calls);
    expect(stream.status).toBe(500);
    expect(stream.misuses).toEqual([]);
    expect(proxy.record).toMatchObject({ status: 500, errorCode: "internal" });
    expect(wheel.size).toBe(0);
  });

  test("in a callback while it waits", () => {
    const wait = new ManualWait();
    const proxy = serve(asking(wait));
    const stream = proxy.send();
    wait.failInside();
    wait.say(null);
    expect(stream.status).toBe(500);
    expect(wait.calls).toEqual(["begin", "cancel", "settle"]);
    expect(proxy.finished).toHaveLength(1);
  });

  test("in the next hook, after the wait", () => {
    const wait = new ManualWait();
    const fault: Filter = {
      decide: () => {
        throw new Error("a fault of a filter");
      },
    };
    const proxy = serve(asking(wait), fault);
    const stream = proxy.send();
    wait.say(null);
    expect(stream.status).toBe(500);
    expect(proxy.upstream.requests).toHaveLength(0);
  });

  test("and the next request is served", () => {
    const proxy = serve(asking(new ManualWait(1000, ["begin"])));
    proxy.send();
    const stream = proxy.send();
    proxy.upstream.request.handler.onHead(200, new HeaderList(), 0);
    expect(stream.status).toBe(200);
  });
});
