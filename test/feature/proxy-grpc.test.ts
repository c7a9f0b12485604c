import { constants } from "node:http2";
import { describe, expect, test } from "vitest";
import { revealSecret } from "../../src/lib/secret.ts";
import type { BackendProtocol } from "../../src/model/backend-protocol.ts";
import type { Route } from "../../src/model/route.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import { GrpcBackend, GrpcClient, type ServerCall } from "../support/servers/grpc.ts";
import { ask } from "../support/builders/http-request.ts";
import { PATIENT, ProxyFixture } from "../support/servers/proxy-fixture.ts";
import { answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { buildHost, buildRoute, type RouteParts } from "../support/builders/route-builder.ts";
import { EC_PAIR } from "../support/builders/test-certificates.ts";
import { buildAffinity, buildCanary } from "../support/builders/filter-builder.ts";
import { manyTurns } from "../support/waiting/waiting.ts";

function grpcRoute(parts: RouteParts = {}, protocol: BackendProtocol = "grpc"): Route {
  return buildRoute("x", "prefix", "/", { ...parts, protocol });
}

async function openFixture(
  backends: readonly { readonly address: string }[],
  route = grpcRoute(),
): Promise<ProxyFixture> {
  return await ProxyFixture.open({
    hosts: [buildHost("shop.example", [route])],
    endpoints: { "test-x-80": backends.map(({ address }) => address) },
  });
}

function plainClient(fixture: ProxyFixture): GrpcClient {
  return new GrpcClient(`http://127.0.0.1:${fixture.http.port}`);
}

/** Sends every message back, then ends well. */
async function echo(call: ServerCall): Promise<void> {
  for await (const message of call.messages) call.send(`echo ${message}`);
  call.finish(0);
}

/** One answer when the client is done. */
async function count(call: ServerCall): Promise<void> {
  let bytes = 0;
  for await (const message of call.messages) bytes += message.length;
  call.send(String(bytes));
  call.finish(0);
}

describe("calls", () => {
  test("a unary call passes with metadata, trailers and the proxy's own fields", async () => {
    await using backend = await GrpcBackend.open(async (call) => {
      for await (const message of call.messages) call.send(message.toUpperCase());
      call.finish(0, { "x-cost": "7", "grpc-status-details-bin": "AAEC" });
    });
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const outcome = await client.unary("/shop.Cart/Add", "milk", { "x-token-bin": "AQI=", "grpc-timeout": "5S" });
    expect([outcome.headers[":status"], outcome.status, outcome.messages]).toEqual([200, 0, ["MILK"]]);
    expect(outcome.trailers).toMatchObject({ "x-cost": "7", "grpc-status-details-bin": "AAEC" });
    expect(backend.calls[0]?.headers).toMatchObject({
      ":method": "POST",
      ":path": "/shop.Cart/Add",
      ":scheme": "http",
      ":authority": "shop.example",
      "content-type": "application/grpc+proto",
      te: "trailers",
      "grpc-timeout": "5S",
      "x-token-bin": "AQI=",
      "x-forwarded-host": "shop.example",
      "x-forwarded-proto": "http",
    });
    expect(await fixture.record()).toMatchObject({ status: 200, errorCode: "", attempts: [{ status: 200 }] });
  });

  test("calls over TLS on both sides", async () => {
    const tls = { cert: EC_PAIR.certPem, key: revealSecret(EC_PAIR.keyPem) };
    await using backend = await GrpcBackend.open(echo, { tls });
    await using fixture = await openFixture([backend], grpcRoute({}, "grpcs"));
    using client = new GrpcClient(`https://127.0.0.1:${fixture.proxy.ports.https}`, "shop.example");
    const outcome = await client.unary("/a.B/C", "hi");
    expect([outcome.status, outcome.messages]).toEqual([0, ["echo hi"]]);
    expect(backend.calls[0]?.headers).toMatchObject({ ":scheme": "https", "x-forwarded-proto": "https" });
    expect(backend.sessions[0]?.alpnProtocol).toBe("h2");
  });

  test("each message of a server stream arrives before the next one is sent", async () => {
    await using backend = await GrpcBackend.open((call) => call.send("0"));
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const call = client.call("/a.B/Watch").send("go").end();
    for (let i = 1; i < 5; i++) {
      await call.received(i);
      backend.calls[0]?.send(String(i));
    }
    await call.received(5);
    backend.calls[0]?.finish(0);
    expect(await call.done).toMatchObject({ status: 0, messages: ["0", "1", "2", "3", "4"] });
  });

  test("a client stream is counted to its end", async () => {
    await using backend = await GrpcBackend.open(count);
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const call = client.call("/a.B/Upload");
    for (let i = 0; i < 50; i++) call.send("0123456789");
    expect(await call.end().done).toMatchObject({ status: 0, messages: ["500"] });
  });

  test("both sides of a bidirectional stream take turns", async () => {
    await using backend = await GrpcBackend.open(echo);
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const call = client.call("/a.B/Chat");
    for (let i = 1; i <= 5; i++) {
      call.send(`line ${i}`);
      expect((await call.received(i)).at(-1)).toBe(`echo line ${i}`);
    }
    expect((await call.end().done).status).toBe(0);
  });

  test("large messages pass whole in both directions", async () => {
    await using backend = await GrpcBackend.open(echo);
    await using fixture = await openFixture([backend], grpcRoute({ bodyLimitBytes: 0 }));
    using client = plainClient(fixture);
    const message = "0123456789abcdef".repeat(262_144);
    const outcome = await client.unary("/a.B/Big", message);
    expect(outcome.status).toBe(0);
    expect(outcome.messages[0] === `echo ${message}`).toBe(true);
  });

  test("a hundred calls at once share one connection", async () => {
    await using backend = await GrpcBackend.open(echo);
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => client.unary("/a.B/C", String(i))));
    expect(outcomes.map(({ messages }) => messages[0])).toEqual(outcomes.map((_, i) => `echo ${i}`));
    expect(backend.sessions).toHaveLength(1);
  });

  test("an endpoint that takes few streams at a time gets more connections", async () => {
    await using backend = await GrpcBackend.open(echo, { settings: { maxConcurrentStreams: 4 } });
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => client.unary("/a.B/C", String(i))));
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 0));
    expect(backend.sessions.length).toBeGreaterThan(1);
    expect(backend.sessions.length).toBeLessThanOrEqual(5);
  });

  test("an HTTP/1.1 client reaches the endpoint too", async () => {
    await using backend = await GrpcBackend.open((call) => {
      call.stream.respond({ ":status": 200, "content-type": "text/plain" });
      call.stream.end(`${call.headers[":method"]} ${call.headers[":path"]} te=${String(call.headers["te"])}`);
    });
    await using fixture = await openFixture([backend]);
    const answer = await ask({ port: fixture.http.port, host: "shop.example", path: "/x?y=1" });
    expect([answer.status, answer.body]).toEqual([200, "GET /x?y=1 te=undefined"]);
  });
});

describe("errors", () => {
  test("a Trailers-Only answer stays one head that ends the stream", async () => {
    await using backend = await GrpcBackend.open((call) => call.finish(12, { "grpc-message": "no such method" }));
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const outcome = await client.unary("/a.B/Nope", "x");
    expect(outcome.headers).toMatchObject({ ":status": 200, "grpc-status": "12", "grpc-message": "no such method" });
    expect(outcome.headers).not.toHaveProperty("content-length");
    expect([outcome.messages, outcome.trailers]).toEqual([[], {}]);
  });

  test("an answer before the end of the client's stream ends the call", async () => {
    await using backend = await GrpcBackend.open((call) => call.finish(16));
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    expect((await client.call("/a.B/Upload").send("part").done).status).toBe(16);
  });

  test("a call that the client cancels is cancelled at the endpoint, never ended", async () => {
    await using backend = await GrpcBackend.open(() => {});
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const call = client.call("/a.B/Upload").send("half");
    await expect.poll(() => backend.calls.length, PATIENT).toBe(1);
    const [seen] = backend.calls;
    seen?.stream.resume();
    call.cancel();
    expect(await seen?.whenReset).toBe(constants.NGHTTP2_CANCEL);
    expect(seen?.ended).toBe(false);
    expect((await fixture.record()).status).toBe(499);
  });

  test("a call that the endpoint resets is reset at the client", async () => {
    await using backend = await GrpcBackend.open(() => {});
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const call = client.call("/a.B/Watch").send("go").end();
    await expect.poll(() => backend.calls.length, PATIENT).toBe(1);
    backend.calls[0]?.send("one");
    await call.received(1);
    backend.calls[0]?.stream.close(constants.NGHTTP2_CANCEL);
    const outcome = await call.done;
    expect([outcome.status, outcome.resetCode]).toEqual([null, constants.NGHTTP2_INTERNAL_ERROR]);
    expect((await fixture.record()).errorCode).toBe("truncated");
  });

  test("an endpoint that resets before any answer is 502", async () => {
    await using backend = await GrpcBackend.open((call) => call.stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    expect((await client.unary("/a.B/C", "x")).headers[":status"]).toBe(502);
    expect(backend.calls).toHaveLength(1);
  });

  test("an endpoint that keeps silent for too long is 504, and its call is cancelled", async () => {
    await using backend = await GrpcBackend.open(() => {});
    const timeouts = { ...DEFAULT_SETTINGS.translation.timeouts, readMs: 50 };
    await using fixture = await openFixture([backend], grpcRoute({ timeouts }));
    using client = plainClient(fixture);
    expect((await client.unary("/a.B/C", "x")).headers[":status"]).toBe(504);
    expect(await backend.calls[0]?.whenReset).toBe(constants.NGHTTP2_CANCEL);
  });

  test("other calls go on when one of the connection times out", async () => {
    await using backend = await GrpcBackend.open((call) => (call.headers[":path"] === "/ok" ? echo(call) : undefined));
    const timeouts = { ...DEFAULT_SETTINGS.translation.timeouts, readMs: 50 };
    await using fixture = await openFixture([backend], grpcRoute({ timeouts }));
    using client = plainClient(fixture);
    expect((await client.unary("/silent", "x")).headers[":status"]).toBe(504);
    expect((await client.unary("/ok", "x")).status).toBe(0);
  });

  test("endpoints that speak HTTP/1.1 only are 502", async () => {
    await using backend = await RawBackend.open(answerText("ok"));
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    expect((await client.unary("/a.B/C", "x")).headers[":status"]).toBe(502);
  });

  test("a stream above the body limit is 413", async () => {
    await using backend = await GrpcBackend.open(count);
    await using fixture = await openFixture([backend], grpcRoute({ bodyLimitBytes: 1000 }));
    using client = plainClient(fixture);
    const call = client.call("/a.B/Upload").send("x".repeat(900)).send("x".repeat(900));
    expect((await call.done).headers[":status"]).toBe(413);
  });
});

describe("connections that end", () => {
  test("calls under way finish after GOAWAY, and new ones go over a new connection", async () => {
    await using backend = await GrpcBackend.open((call) => (call.headers[":path"] === "/now" ? echo(call) : undefined));
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const slow = client.call("/later").send("go").end();
    await expect.poll(() => backend.calls.length, PATIENT).toBe(1);
    backend.sessions[0]?.close();
    await manyTurns();
    expect((await client.unary("/now", "x")).status).toBe(0);
    expect(backend.sessions).toHaveLength(2);
    backend.calls[0]?.send("late");
    backend.calls[0]?.finish(0);
    expect(await slow.done).toMatchObject({ status: 0, messages: ["late"] });
  });

  test("a refused stream is sent again, body and all, without the client noticing", async () => {
    let refusals = 0;
    await using backend = await GrpcBackend.open((call) => {
      if (call.headers[":path"] === "/first" || refusals > 0) return echo(call);
      refusals++;
      call.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return undefined;
    });
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    expect((await client.unary("/first", "x")).status).toBe(0);
    expect(await client.unary("/second", "payload")).toMatchObject({ status: 0, messages: ["echo payload"] });
    expect(refusals).toBe(1);
    expect((await fixture.record(1)).attempts).toHaveLength(2);
  });

  test("a call that GOAWAY says was never looked at is sent again", async () => {
    await using backend = await GrpcBackend.open((call) => {
      if (backend.calls.length !== 2) return echo(call);
      call.stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 1);
      return undefined;
    });
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    expect((await client.unary("/a", "one")).status).toBe(0);
    expect(await client.unary("/b", "two")).toMatchObject({ status: 0, messages: ["echo two"] });
    expect(backend.sessions).toHaveLength(2);
  });

  test.each([1, 2, 3])(
    "an endpoint that refuses every stream hears of a call with %i tries as often",
    async (tries) => {
      await using backend = await GrpcBackend.open((call) => {
        if (call.headers[":path"] === "/first") return echo(call);
        call.stream.close(constants.NGHTTP2_REFUSED_STREAM);
        return undefined;
      });
      await using fixture = await openFixture(
        [backend],
        grpcRoute({ retry: { ...DEFAULT_SETTINGS.translation.retry, tries } }),
      );
      using client = plainClient(fixture);
      expect((await client.unary("/first", "x")).status).toBe(0);
      expect((await client.unary("/second", "x")).headers[":status"]).toBe(502);
      expect(backend.calls).toHaveLength(1 + tries);
      expect((await fixture.record(1)).attempts).toHaveLength(tries);
    },
  );

  test.each([1, 2, 3])(
    "an endpoint that says GOAWAY to every call hears of one with %i tries as often",
    async (tries) => {
      await using backend = await GrpcBackend.open((call) => {
        if (call.headers[":path"] === "/first") return echo(call);
        call.stream.session?.goaway(constants.NGHTTP2_NO_ERROR, Number(call.stream.id) - 2);
        call.stream.session?.destroy();
        return undefined;
      });
      await using fixture = await openFixture(
        [backend],
        grpcRoute({ retry: { ...DEFAULT_SETTINGS.translation.retry, tries } }),
      );
      using client = plainClient(fixture);
      expect((await client.unary("/first", "x")).status).toBe(0);
      expect((await client.unary("/second", "x")).headers[":status"]).toBe(502);
      expect(backend.calls.length - 1).toBeLessThanOrEqual(tries);
      expect((await fixture.record(1)).attempts.length).toBeLessThanOrEqual(tries);
    },
  );

  test("a call that may have been looked at is not", async () => {
    await using backend = await GrpcBackend.open((call) => call.stream.session?.destroy());
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    expect((await client.unary("/a", "one")).headers[":status"]).toBe(502);
    expect(backend.calls).toHaveLength(1);
  });

  test("an endpoint that leaves the upstream finishes its calls", async () => {
    await using backend = await GrpcBackend.open(() => {});
    await using other = await GrpcBackend.open(echo);
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const slow = client.call("/a.B/C").send("go").end();
    await expect.poll(() => backend.calls.length, PATIENT).toBe(1);
    fixture.apply({ hosts: [buildHost("shop.example", [grpcRoute()])], endpoints: { "test-x-80": [other.address] } });
    expect((await client.unary("/a.B/C", "x")).status).toBe(0);
    backend.calls[0]?.send("late");
    backend.calls[0]?.finish(0);
    expect(await slow.done).toMatchObject({ status: 0, messages: ["late"] });
  });
});

describe("choosing an endpoint", () => {
  test("a header sends calls to the canary, which may speak another protocol", async () => {
    await using main = await GrpcBackend.open(echo);
    await using canary = await GrpcBackend.open((call) => call.finish(0, { "x-from": "canary" }));
    const header = { kind: "always-never", name: "x-canary" } as const;
    const filter = buildCanary("next", { protocol: "grpc", header });
    await using fixture = await ProxyFixture.open({
      hosts: [buildHost("shop.example", [grpcRoute({ canary: filter })])],
      endpoints: { "test-x-80": [main.address], "test-next-80": [canary.address] },
    });
    using client = plainClient(fixture);
    expect((await client.unary("/a.B/C", "x", { "x-canary": "always" })).headers["x-from"]).toBe("canary");
    expect((await client.unary("/a.B/C", "x")).messages).toEqual(["echo x"]);
  });

  test("calls of one connection are spread over the endpoints", async () => {
    await using first = await GrpcBackend.open(echo);
    await using second = await GrpcBackend.open(echo);
    await using fixture = await openFixture([first, second]);
    using client = plainClient(fixture);
    for (let i = 0; i < 10; i++) await client.unary("/a.B/C", "x");
    expect([first.calls.length, second.calls.length]).toEqual([5, 5]);
  });

  test("an affinity cookie keeps calls at one endpoint", async () => {
    await using first = await GrpcBackend.open(echo);
    await using second = await GrpcBackend.open(echo);
    await using fixture = await openFixture([first, second], grpcRoute({ affinity: buildAffinity() }));
    using client = plainClient(fixture);
    const cookie = (await client.unary("/a.B/C", "x")).headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect(cookie).toMatch(/^INGRESSCOOKIE=/);
    for (let i = 0; i < 6; i++) await client.unary("/a.B/C", "x", { cookie });
    expect(new Set([first.calls.length, second.calls.length])).toEqual(new Set([0, 7]));
  });
});

describe("backpressure", () => {
  test("a client that stops reading stops the endpoint, after a bounded number of bytes", async () => {
    await using backend = await GrpcBackend.open((call) => {
      call.send("x".repeat(4_000_000));
      call.finish(0);
    });
    await using fixture = await openFixture([backend]);
    using client = plainClient(fixture);
    const stream = client.session.request({ ":method": "POST", ":path": "/a.B/C", ":authority": "shop.example" });
    stream.on("error", () => {});
    await new Promise((resolve) => stream.once("response", resolve));
    await manyTurns(500);
    expect(backend.calls[0]?.stream.writableLength).toBeGreaterThan(3_000_000);
    stream.destroy();
  });
});
