import { brotliDecompressSync, constants, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CompressionFilter } from "../../../src/model/filters/compression.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { Filter } from "../../../src/proxy/request/context.ts";
import { collectHooks } from "../../../src/proxy/request/hooks.ts";
import { HeaderList } from "../../../src/wire/wire.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";
import { ExchangeHarness } from "../../support/servers/exchange-harness.ts";
import type { FakeRequest, FakeServerStream } from "../../support/servers/fake-stream.ts";
import { manyTurns, untilTrue } from "../../support/waiting/waiting.ts";

const { enabled: _gzipOff, ...GZIP } = DEFAULT_SETTINGS.translation.gzip;
const { enabled: _brotliOff, ...BROTLI } = DEFAULT_SETTINGS.translation.brotli;
const TEXT = "the same words again and again. ".repeat(100);
const GONE = { code: "closed", detail: "the client closed", requestSent: true, responseStarted: true } as const;
const ACCEPTS = { headers: [["Accept-Encoding", "gzip"]] } as const;
const PLACES = 2;

let proxy: ExchangeHarness;
beforeEach(() => {
  proxy = serve();
});
afterEach(() => proxy[Symbol.dispose]());

function serve(compression: CompressionFilter = { gzip: GZIP, brotli: null }, ...hooks: readonly Filter[]) {
  const harness = new ExchangeHarness({ hooks: collectHooks(hooks) });
  harness.apply({ hosts: [buildHost("shop.example", [buildRoute("root", "prefix", "/", { compression })])] });
  return harness;
}

type Fields = Readonly<Record<string, string>>;

/** The upstream's head for one request; of a text unless the fields say something else. */
function answer(request: FakeRequest = ACCEPTS, fields: Fields = {}, status = 200, length = -1): FakeServerStream {
  const stream = proxy.send(request);
  const headers = HeaderList.from(Object.entries({ "Content-Type": "text/plain", ...fields }));
  proxy.upstream.request.handler.onHead(status, headers, length);
  return stream;
}

function bytes(stream: FakeServerStream): Buffer {
  return Buffer.from(stream.body, "latin1");
}

/** What can be read of a stream that has not ended. */
function readable(stream: FakeServerStream): string {
  return gunzipSync(bytes(stream), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

describe("an answer that is compressed", () => {
  test("has its coding and no length, varies, and gives no ranges", async () => {
    const stream = answer(ACCEPTS, { "Accept-Ranges": "bytes", ETag: '"v1"', Vary: "Origin" }, 200, TEXT.length);
    const { handler } = proxy.upstream.request;
    handler.onBody(Buffer.from(TEXT));
    handler.onEnd(null);
    await untilTrue(() => stream.ended);
    expect(stream.declaredLength).toBe(-1);
    expect([...stream.headers]).toEqual([
      ["Content-Type", "text/plain"],
      ["Vary", "Origin"],
      ["Vary", "Accept-Encoding"],
      ["ETag", 'W/"v1"'],
      ["Content-Encoding", "gzip"],
    ]);
    expect(gunzipSync(bytes(stream)).toString()).toBe(TEXT);
    expect(proxy.record).toMatchObject({ status: 200, errorCode: "", responseBodyBytes: stream.body.length });
  });

  test("is brotli where that is on and weighs no less", async () => {
    proxy = serve({ gzip: GZIP, brotli: BROTLI });
    const stream = answer({ headers: [["Accept-Encoding", "gzip, br"]] });
    proxy.upstream.request.handler.onBody(Buffer.from(TEXT));
    proxy.upstream.request.handler.onEnd(null);
    await untilTrue(() => stream.ended);
    expect(stream.headers.get("content-encoding")).toBe("br");
    expect(brotliDecompressSync(bytes(stream)).toString()).toBe(TEXT);
  });

  test.each([
    ['W/"v1"', 'W/"v1"'],
    ["v1", undefined],
  ])("with ETag: %s has ETag: %s", (sent, received) => {
    expect(answer(ACCEPTS, { ETag: sent }).headers.get("etag")).toBe(received);
  });

  test.each(["Accept-Encoding", "origin, ACCEPT-ENCODING", "*"])("with Vary: %s gets no other one", (vary) => {
    expect(answer(ACCEPTS, { Vary: vary }).headers.getAll("vary")).toEqual([vary]);
  });

  test("has the same head where it is asked for by HEAD, and then takes no place", () => {
    const stream = answer({ ...ACCEPTS, method: "HEAD" }, { "Content-Length": "5000" }, 200, 0);
    proxy.upstream.request.handler.onEnd(null);
    expect([stream.headers.get("content-encoding"), stream.declaredLength, stream.body]).toEqual(["gzip", -1, ""]);
    expect(stream.headers.has("content-length")).toBe(false);
    expect([stream.ended, proxy.compressions.free]).toEqual([true, PLACES]);
  });

  test("keeps its trailers", async () => {
    const stream = answer();
    proxy.upstream.request.handler.onEnd(HeaderList.from([["X-Sum", "1"]]));
    await untilTrue(() => stream.ended);
    expect([...(stream.trailers ?? [])]).toEqual([["X-Sum", "1"]]);
  });

  test("without a known length is flushed after each burst", async () => {
    const stream = answer(ACCEPTS, { "Content-Type": "text/html" });
    const { handler } = proxy.upstream.request;
    handler.onBody(Buffer.from("one "));
    handler.onBody(Buffer.from("two "));
    await untilTrue(() => stream.body !== "" && readable(stream) === "one two ");
    handler.onBody(Buffer.from("three"));
    await untilTrue(() => readable(stream) === "one two three");
    expect(stream.ended).toBe(false);
  });

  test.each([
    ["page of the proxy's own", 404, true],
    ["error of the proxy's own", 502, false],
  ])("may be a %s of status %d: %s", async (_what, status, compressed) => {
    const spec = { ...GZIP, minLengthBytes: 10 };
    proxy = serve({ gzip: spec, brotli: null });
    const route = buildRoute("root", "prefix", "/", { compression: { gzip: spec, brotli: null } });
    if (status === 404) {
      proxy.apply({ hosts: [buildHost("shop.example", [{ ...route, action: { kind: "not-found" } }])] });
    }
    const stream = proxy.send(ACCEPTS);
    if (status === 502)
      proxy.upstream.request.handler.onFailure({ status: 502, code: "reset", responseStarted: false });
    await untilTrue(() => stream.ended);
    expect(stream.status).toBe(status);
    expect(stream.headers.get("content-encoding")).toBe(compressed ? "gzip" : undefined);
    expect((compressed ? gunzipSync(bytes(stream)) : bytes(stream)).toString()).toContain(`${status} `);
  });
});

describe("an answer is left as it is", () => {
  test.each<[string, FakeRequest, Fields, number, number]>([
    ["for a client that does not take gzip", { headers: [["Accept-Encoding", "gzip;q=0"]] }, {}, 200, -1],
    ["for a client that says nothing", {}, {}, 200, -1],
    ["to HTTP/1.0", { ...ACCEPTS, httpVersion: "1.0" }, {}, 200, -1],
    ["of status 206", ACCEPTS, { "Content-Range": "bytes 0-1/5" }, 206, -1],
    ["of status 204", ACCEPTS, {}, 204, -1],
    ["of status 304", ACCEPTS, {}, 304, -1],
    ["of status 500", ACCEPTS, {}, 500, -1],
    ["that is already coded", ACCEPTS, { "Content-Encoding": "zstd" }, 200, -1],
    ["that forbids it", ACCEPTS, { "Cache-Control": "public, No-Transform" }, 200, -1],
    ["below the smallest length", ACCEPTS, {}, 200, 255],
    ["of another type", ACCEPTS, { "Content-Type": "image/png" }, 200, -1],
  ])("%s", async (_why, request, fields, status, length) => {
    const stream = answer(request, { ETag: '"v1"', "Accept-Ranges": "bytes", ...fields }, status, length);
    expect(stream.headers.get("etag")).toBe('"v1"');
    expect(stream.headers.get("accept-ranges")).toBe("bytes");
    expect(stream.headers.get("content-encoding")).toBe(fields["Content-Encoding"]);
    expect(stream.declaredLength).toBe(length);
    expect(proxy.compressions.free).toBe(PLACES);
  });

  test("but varies, where another client gets it compressed", () => {
    expect(answer({}).headers.getAll("vary")).toEqual(["Accept-Encoding"]);
    proxy.upstream.requests.splice(0);
    expect(answer({}, { "Content-Type": "image/png" }).headers.has("vary")).toBe(false);
  });

  test("where as many are compressed as may be, until one of them ends", async () => {
    const first = answer();
    const { handler } = proxy.upstream.request;
    proxy.upstream.requests.splice(0);
    expect(answer().headers.get("content-encoding")).toBe("gzip");
    proxy.upstream.requests.splice(0);
    expect(answer().headers.get("content-encoding")).toBeUndefined();
    handler.onEnd(null);
    await untilTrue(() => first.ended);
    proxy.upstream.requests.splice(0);
    expect(answer().headers.get("content-encoding")).toBe("gzip");
  });
});

describe("a compression gives its place back", () => {
  test("at the end", async () => {
    const stream = answer();
    expect(proxy.compressions.free).toBe(PLACES - 1);
    proxy.upstream.request.handler.onEnd(null);
    await untilTrue(() => stream.ended);
    expect(proxy.compressions.free).toBe(PLACES);
  });

  test("when the client goes, and writes nothing any more", async () => {
    const stream = answer();
    proxy.upstream.request.handler.onBody(Buffer.from(TEXT));
    stream.gone = true;
    stream.handler.onClose(GONE);
    await manyTurns();
    expect(stream.misuses).toEqual([]);
    expect(stream.body).toBe("");
    expect(proxy.compressions.free).toBe(PLACES);
    expect(proxy.upstream.request.aborted).toBe(true);
  });

  test("when the upstream breaks off, and the answer does not look whole", async () => {
    const stream = answer();
    proxy.upstream.request.handler.onBody(Buffer.from(TEXT));
    proxy.upstream.request.handler.onFailure({ status: 502, code: "truncated", responseStarted: true });
    await manyTurns();
    expect([stream.aborted, stream.ended]).toEqual([true, false]);
    expect(proxy.compressions.free).toBe(PLACES);
  });

  test("when another filter cannot make its step, or change the head", () => {
    const fault = (): never => {
      throw new Error("a fault of a filter");
    };
    const wraps = { wrap: (_context, { origin }, next) => (origin === "upstream" ? fault() : next) } satisfies Filter;
    for (const filter of [wraps, { editResponse: fault }] satisfies Filter[]) {
      proxy = serve(undefined, filter);
      expect(answer().status).toBe(500);
      expect(proxy.compressions.free).toBe(PLACES);
    }
  });

  test("when what is behind it throws, which costs its request only", async () => {
    const stream = answer();
    stream.write = () => {
      throw new Error("a fault behind the step");
    };
    proxy.upstream.request.handler.onBody(Buffer.from(TEXT));
    await untilTrue(() => stream.aborted);
    expect(proxy.record.errorCode).toBe("internal");
    expect(proxy.compressions.free).toBe(PLACES);
  });
});

describe("a slow client", () => {
  test("stops zlib, which then stops the upstream, and nothing is lost", async () => {
    const stream = answer(ACCEPTS, {}, 200, 100 * 65_536);
    const { handler, calls } = proxy.upstream.request;
    stream.writable = false;
    const sent: Buffer[] = [];
    const isHeld = (): boolean => calls.lastIndexOf("pauseBody") > calls.lastIndexOf("resumeBody");
    let seed = 1;
    for (let turns = 0; turns < 2000 && sent.length < 100; turns++) {
      await manyTurns(1);
      if (isHeld()) continue;
      const chunk = Buffer.alloc(65_536);
      for (let i = 0; i < chunk.length; i++) chunk[i] = (seed = (seed * 48_271) % 2_147_483_647) & 255;
      sent.push(chunk);
      handler.onBody(chunk);
    }
    // One chunk in zlib, one that waits, and the buffers between.
    expect(sent.length).toBeLessThan(4);
    stream.writable = true;
    stream.handler.onDrain();
    await untilTrue(() => !isHeld());
    handler.onEnd(null);
    await untilTrue(() => stream.ended);
    expect(gunzipSync(bytes(stream)).equals(Buffer.concat(sent))).toBe(true);
  });
});
