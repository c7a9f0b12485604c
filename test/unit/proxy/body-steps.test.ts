import { afterEach, describe, expect, test } from "vitest";
import { hsts } from "../../../src/proxy/filters/hsts.ts";
import { type BodySink, BodyStep, type RequestSink, RequestStep } from "../../../src/proxy/request/body-sink.ts";
import type { Filter } from "../../../src/proxy/request/context.ts";
import { collectHooks } from "../../../src/proxy/request/hooks.ts";
import { type ClientRequestHead, HeaderList } from "../../../src/wire/wire.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";

const root = buildRoute("root", "prefix", "/");
const NO_FIELDS = new HeaderList();
const GONE = { code: "closed", detail: "the client closed", requestSent: true, responseStarted: true } as const;
const opened: ExchangeHarness[] = [];
afterEach(() => opened.splice(0).forEach((proxy) => proxy[Symbol.dispose]()));

function serve(...filters: readonly Filter[]): ExchangeHarness {
  const proxy = new ExchangeHarness({ hooks: collectHooks([hsts, ...filters]) });
  opened.push(proxy);
  proxy.apply({ hosts: [buildHost("shop.example", [root])] });
  return proxy;
}

/** Writes down what passes, and marks each chunk. */
class Marking extends BodyStep {
  readonly calls: string[] = [];
  readonly #mark: string;

  constructor(next: BodySink, mark: string) {
    super(next);
    this.#mark = mark;
  }

  override write(chunk: Uint8Array): boolean {
    return super.write(Buffer.concat([chunk, Buffer.from(this.#mark)]));
  }

  override abort(): void {
    this.calls.push("abort");
    super.abort();
  }

  override resume(): void {
    this.calls.push("resume");
    super.resume();
  }
}

function marking(mark: string, made: Marking[] = []): Filter {
  return {
    wrap: (_request, _head, next) => {
      const step = new Marking(next, mark);
      made.push(step);
      return step;
    },
  };
}

function fault(): never {
  throw new Error("a fault of a filter");
}

describe("the body of an answer", () => {
  test("passes the steps of the filters in their order, the first next to the upstream", () => {
    const proxy = serve(marking("a"), marking("b"));
    const stream = proxy.send();
    const { handler } = proxy.upstream.request;
    handler.onHead(200, NO_FIELDS, -1);
    handler.onBody(Buffer.from("1"));
    handler.onBody(Buffer.from("2"));
    handler.onEnd(null);
    expect(stream.body).toBe("1ab2ab");
    expect(stream.ended).toBe(true);
    expect(proxy.record).toMatchObject({ status: 200, errorCode: "", responseBodyBytes: 6 });
  });

  test("of the proxy's own passes them, too", () => {
    const proxy = serve(marking("a"));
    const stream = proxy.send({ authority: "nobody.example" });
    expect(stream.body.endsWith("</html>\r\na")).toBe(true);
    expect(proxy.record.status).toBe(404);
  });

  test.each([
    ["to HEAD", "HEAD", 200, 5],
    ["of 204", "GET", 204, -1],
    ["of 304", "GET", 304, -1],
    ["of length 0", "GET", 200, 0],
  ])("that cannot be, such as that %s, has no steps", (_what, method, status, length) => {
    const made: Marking[] = [];
    const proxy = serve(marking("a", made));
    const stream = proxy.send({ method });
    proxy.upstream.request.handler.onHead(status, NO_FIELDS, length);
    proxy.upstream.request.handler.onEnd(null);
    expect(made).toEqual([]);
    expect(stream.ended).toBe(true);
  });

  test("is held back by a slow client through all steps, and goes on through all of them", () => {
    const made: Marking[] = [];
    const proxy = serve(marking("a", made), marking("b", made));
    const stream = proxy.send();
    const { handler, calls } = proxy.upstream.request;
    handler.onHead(200, NO_FIELDS, -1);
    stream.writable = false;
    handler.onBody(Buffer.from("1"));
    expect(calls).toContain("pauseBody");
    stream.handler.onDrain();
    expect(calls).toContain("resumeBody");
    expect(made.map((step) => step.calls)).toEqual([["resume"], ["resume"]]);
  });

  test("breaks off through all steps when the upstream fails, and the client's answer is cut", () => {
    const made: Marking[] = [];
    const proxy = serve(marking("a", made), marking("b", made));
    const stream = proxy.send();
    const { handler } = proxy.upstream.request;
    handler.onHead(200, NO_FIELDS, -1);
    handler.onFailure({ status: 502, code: "truncated", responseStarted: true });
    expect(made.map((step) => step.calls)).toEqual([["abort"], ["abort"]]);
    expect(stream.calls).toEqual(["resumeBody", "sendHead", "abort"]);
    expect(proxy.record).toMatchObject({ status: 200, errorCode: "truncated" });
  });

  test("breaks off through all steps when the client goes, whose stream is not touched any more", () => {
    const made: Marking[] = [];
    const proxy = serve(marking("a", made), marking("b", made));
    const stream = proxy.send();
    proxy.upstream.request.handler.onHead(200, NO_FIELDS, -1);
    stream.gone = true;
    stream.handler.onClose(GONE);
    expect(made.map((step) => step.calls)).toEqual([["abort"], ["abort"]]);
    expect(stream.calls).not.toContain("abort");
    expect(stream.misuses).toEqual([]);
    expect(proxy.upstream.request.aborted).toBe(true);
  });

  test("that a step gives up is cut, and its upstream is not asked on", () => {
    const givesUp: Filter = {
      wrap: (_request, _head, next) =>
        new (class extends BodyStep {
          override write(): boolean {
            this.abort();
            return true;
          }
        })(next),
    };
    const proxy = serve(givesUp);
    const stream = proxy.send();
    proxy.upstream.request.handler.onHead(200, NO_FIELDS, -1);
    proxy.upstream.request.handler.onBody(Buffer.from("1"));
    expect(stream.aborted).toBe(true);
    expect(proxy.upstream.request.aborted).toBe(true);
    expect(proxy.record.errorCode).toBe("internal");
  });
});

describe("a step that throws costs its request only", () => {
  const faults: Readonly<Record<string, (next: BodySink) => BodySink>> = {
    write: (next) =>
      new (class extends BodyStep {
        override write = fault;
      })(next),
    end: (next) =>
      new (class extends BodyStep {
        override end = fault;
      })(next),
    resume: (next) =>
      new (class extends BodyStep {
        override resume = fault;
      })(next),
    abort: (next) =>
      new (class extends BodyStep {
        override abort = fault;
      })(next),
  };

  test.each(Object.keys(faults))("in %s: the answer is cut, once", (method) => {
    const proxy = serve({ wrap: (_request, _head, next) => faults[method]?.(next) ?? next });
    const stream = proxy.send();
    const { handler, aborted } = proxy.upstream.request;
    expect(aborted).toBe(false);
    handler.onHead(200, NO_FIELDS, -1);
    handler.onBody(Buffer.from("1"));
    if (method === "resume") stream.handler.onDrain();
    if (method === "abort") handler.onFailure({ status: 502, code: "truncated", responseStarted: true });
    else if (!proxy.upstream.request.aborted) handler.onEnd(null);
    expect(stream.aborted).toBe(true);
    expect(stream.misuses).toEqual([]);
    expect(proxy.finished).toHaveLength(1);
  });

  test("when it is made, before an upstream's answer: 500", () => {
    let asked = 0;
    const proxy = serve({ wrap: (_request, { origin }, next) => (asked++, origin === "upstream" ? fault() : next) });
    const stream = proxy.send();
    proxy.upstream.request.handler.onHead(200, NO_FIELDS, -1);
    expect(stream.status).toBe(500);
    expect(stream.body).toContain("500 Internal Server Error");
    expect(asked).toBe(2);
  });

  test("when it is made, before a page of ours: nothing is sent that may be half of the truth", () => {
    const proxy = serve({ wrap: fault });
    const stream = proxy.send({ authority: "nobody.example" });
    expect(stream.calls).toEqual(["abort"]);
    expect(proxy.record).toMatchObject({ status: 404, errorCode: "internal" });
  });
});

/** Keeps a request until its whole body is there, and sends it with its length. */
class Collecting extends RequestStep {
  #head: ClientRequestHead | null = null;
  #body = Buffer.alloc(0);

  override open(head: ClientRequestHead): void {
    this.#head = head;
  }

  override write(chunk: Uint8Array): boolean {
    this.#body = Buffer.concat([this.#body, chunk]);
    return true;
  }

  override end(): void {
    if (this.#head === null) return;
    this.next.open({ ...this.#head, bodyLengthBytes: this.#body.length });
    this.next.write(this.#body);
    this.next.end(null);
  }
}

/** Copies a request as it passes. */
class Copying extends RequestStep {
  readonly copied: string[];

  constructor(next: RequestSink, copied: string[]) {
    super(next);
    this.copied = copied;
  }

  override open(head: ClientRequestHead): void {
    this.copied.push(`${head.method} ${head.target}`);
    super.open(head);
  }

  override write(chunk: Uint8Array): boolean {
    this.copied.push(Buffer.from(chunk).toString());
    return super.write(chunk);
  }

  override end(trailers: HeaderList | null): void {
    this.copied.push("end");
    super.end(trailers);
  }

  override abort(): void {
    this.copied.push("abort");
    super.abort();
  }
}

describe("the body of a request", () => {
  test("can be copied on its way, with its head and its end", () => {
    const copied: string[] = [];
    const proxy = serve({ tap: (_request, next) => new Copying(next, copied) });
    const stream = proxy.send({ method: "POST", target: "/x", bodyLengthBytes: 4 });
    stream.handler.onBody(Buffer.from("12"));
    stream.handler.onBody(Buffer.from("34"));
    stream.handler.onBodyEnd(null);
    expect(copied).toEqual(["POST /x", "12", "34", "end"]);
    expect(proxy.upstream.request.body).toBe("1234");
    expect(proxy.upstream.request.calls).toEqual(["end"]);
  });

  test("can be collected before an upstream is asked, which then learns its length", () => {
    const proxy = serve({ tap: (_request, next) => new Collecting(next) });
    const stream = proxy.send({ method: "POST", bodyLengthBytes: -1 });
    stream.handler.onBody(Buffer.from("12"));
    expect(proxy.upstream.requests).toHaveLength(0);
    expect(stream.calls).toEqual(["resumeBody"]);
    stream.handler.onBody(Buffer.from("34"));
    stream.handler.onBodyEnd(null);
    expect(proxy.upstream.request.head.bodyLengthBytes).toBe(4);
    expect(proxy.upstream.request.body).toBe("1234");
  });

  test("passes the steps of the filters in their order, the first next to the client", () => {
    const copied: string[] = [];
    const collect: Filter = { tap: (_request, next) => new Collecting(next) };
    const proxy = serve({ tap: (_request, next) => new Copying(next, copied) }, collect);
    const stream = proxy.send({ method: "POST", bodyLengthBytes: -1 });
    stream.handler.onBody(Buffer.from("12"));
    expect(copied).toEqual(["POST /", "12"]);
    expect(proxy.upstream.requests).toHaveLength(0);
  });

  test("is held back by a slow upstream, and goes on when that takes more", () => {
    const proxy = serve({ tap: (_request, next) => new Copying(next, []) });
    const stream = proxy.send({ method: "POST", bodyLengthBytes: -1 });
    proxy.upstream.request.writable = false;
    stream.handler.onBody(Buffer.from("12"));
    proxy.upstream.request.handler.onDrain();
    expect(stream.calls).toEqual(["resumeBody", "pauseBody", "resumeBody"]);
  });

  test("breaks off through all steps when the client goes", () => {
    const copied: string[] = [];
    const proxy = serve({ tap: (_request, next) => new Copying(next, copied) });
    const stream = proxy.send({ method: "POST", bodyLengthBytes: -1 });
    stream.gone = true;
    stream.handler.onClose(GONE);
    expect(copied).toEqual(["POST /", "abort"]);
    expect(proxy.upstream.request.aborted).toBe(true);
  });

  test("that a step refuses is answered with its error, and asks nobody on", () => {
    const refuses: Filter = {
      tap: (_request, next) =>
        new (class extends RequestStep {
          override write(): boolean {
            this.refuse({ code: "body-too-large", status: 413 });
            return true;
          }
        })(next),
    };
    const proxy = serve(refuses);
    const stream = proxy.send({ method: "POST", bodyLengthBytes: -1 });
    stream.handler.onBody(Buffer.from("12"));
    expect(stream.status).toBe(413);
    expect(proxy.upstream.request.aborted).toBe(true);
    expect(proxy.record).toMatchObject({ status: 413, errorCode: "body-too-large" });
  });

  test.each(["open", "write", "end"] as const)("a step that throws in %s costs its request only", (method) => {
    const proxy = serve({
      tap: (_request, next) => Object.assign(new Copying(next, []), { [method]: fault }),
    });
    const stream = proxy.send({ method: "POST", bodyLengthBytes: -1 });
    if (method !== "open") stream.handler.onBody(Buffer.from("12"));
    if (method === "end") stream.handler.onBodyEnd(null);
    expect(stream.status).toBe(500);
    expect(stream.misuses).toEqual([]);
    expect(proxy.finished).toHaveLength(1);
  });
});
