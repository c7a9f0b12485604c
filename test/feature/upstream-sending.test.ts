import { once } from "node:events";
import { createServer as createNetServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import forge from "node-forge";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { sendRequest, UpstreamTable, type SendPlan, type UpstreamRequest } from "../../src/upstream/upstream.ts";
import { HeaderList, TimerWheel, UNKNOWN_LENGTH } from "../../src/wire/wire.ts";
import { type Answer, answerRaw, answerText, RawBackend } from "../support/servers/raw-backend.ts";
import { waitUntil } from "../support/clients/raw-socket.ts";
import {
  buildHead,
  buildPlan,
  buildRetry,
  RecordingUpstreamHandler,
  UPSTREAM_ID,
  upstreamDelta,
} from "../support/servers/upstream-fakes.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

const TIMEOUTS = { connectMs: 10_000, sendMs: 10_000, readMs: 10_000 };

/** A table over real sockets. */
class Bench {
  readonly wheel = new TimerWheel(systemClock, 10);
  readonly table = new UpstreamTable({
    wheel: this.wheel,
    clock: systemClock,
    random: () => 0,
    logger: silentLogger,
    processId: 1,
  });

  publish(addresses: readonly string[]): void {
    this.table.apply(upstreamDelta(UPSTREAM_ID, addresses));
  }

  start(options: {
    readonly method?: string;
    readonly body?: string;
    readonly plan?: Partial<Omit<SendPlan, "upstream">>;
  }): { readonly request: UpstreamRequest; readonly handler: RecordingUpstreamHandler } {
    const upstream = this.table.get(UPSTREAM_ID);
    if (upstream === undefined) throw new Error("the upstream is missing");
    const handler = new RecordingUpstreamHandler();
    const plan = buildPlan(upstream, { timeouts: TIMEOUTS, ...options.plan });
    const request = sendRequest(plan, buildHead(options.method, options.body?.length ?? 0), handler);
    if (options.body !== undefined) request.write(Buffer.from(options.body));
    request.end(null);
    return { request, handler };
  }

  /** One whole exchange. */
  async exchange(
    options: Parameters<Bench["start"]>[0] = {},
  ): Promise<RecordingUpstreamHandler & { statuses: number[] }> {
    const { request, handler } = this.start(options);
    await handler.done;
    return Object.assign(handler, { statuses: request.attempts.map((attempt) => attempt.status) });
  }

  close(): void {
    this.table.close();
    this.wheel.close();
  }
}

const benches: Bench[] = [];
const servers: Server[] = [];

afterEach(() => {
  for (const bench of benches.splice(0)) bench.close();
  for (const server of servers.splice(0)) server.close();
});

function openBench(...backends: readonly (RawBackend | string)[]): Bench {
  const bench = new Bench();
  benches.push(bench);
  bench.publish(backends.map((backend) => (typeof backend === "string" ? backend : backend.address)));
  return bench;
}

/** An address that nobody listens on. */
async function deadAddress(): Promise<string> {
  const backend = await RawBackend.open();
  const { address } = backend;
  await backend.close();
  return address;
}

const reset: Answer = ({ socket }) => void socket.resetAndDestroy();

describe("requests over real sockets", () => {
  test("share one connection when they follow each other", async () => {
    await using backend = await RawBackend.open();
    const bench = openBench(backend);
    for (let i = 0; i < 20; i++) expect((await bench.exchange()).body).toBe("ok");
    expect([backend.connections, backend.requests.length, bench.table.idleConnections]).toEqual([1, 20, 1]);
  });

  test("get a connection each when they run at the same time", async () => {
    await using backend = await RawBackend.open();
    const bench = openBench(backend);
    await Promise.all(Array.from({ length: 10 }, () => bench.exchange()));
    expect(backend.connections).toBe(10);
    await Promise.all(Array.from({ length: 10 }, () => bench.exchange()));
    expect([backend.connections, bench.table.idleConnections]).toEqual([10, 10]);
  });

  test("are spread over the endpoints exactly", async () => {
    await using first = await RawBackend.open();
    await using second = await RawBackend.open();
    await using third = await RawBackend.open();
    const bench = openBench(first, second, third);
    for (let i = 0; i < 30; i++) await bench.exchange();
    expect([first, second, third].map((backend) => backend.requests.length)).toEqual([10, 10, 10]);
  });

  test("carry bodies with their length or in chunks", async () => {
    await using backend = await RawBackend.open();
    const bench = openBench(backend);
    await bench.exchange({ method: "POST", body: "x".repeat(100_000) });
    const upstream = bench.table.get(UPSTREAM_ID);
    if (upstream === undefined) throw new Error("the upstream is missing");
    const handler = new RecordingUpstreamHandler();
    const request = sendRequest(buildPlan(upstream), buildHead("POST", UNKNOWN_LENGTH), handler);
    request.write(Buffer.from("one "));
    request.write(Buffer.from("two"));
    request.end(null);
    await handler.done;
    expect(backend.requests.map((one) => one.body.length)).toEqual([100_000, 7]);
    expect(backend.requests[1]?.fields.map((field) => field.toLowerCase())).toContain("transfer-encoding: chunked");
  });
});

test("a request whose head cannot be sent leaves no connection open behind it", async () => {
  await using backend = await RawBackend.open();
  const bench = openBench(backend);
  const upstream = bench.table.get(UPSTREAM_ID);
  if (upstream === undefined) throw new Error("the upstream is missing");
  const handler = new RecordingUpstreamHandler();
  const head = { ...buildHead(), headers: HeaderList.from([["Host", "a\nb"]]) };
  sendRequest(buildPlan(upstream), head, handler).end(null);
  await handler.done;
  await waitUntil(() => backend.connections > 0 && backend.sockets.size === 0);
});

describe("back-pressure", () => {
  test("of the client holds the response back, and lets it come in full later", async () => {
    const length = 8 * 1024 * 1024;
    await using backend = await RawBackend.open(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`);
    });
    const { request, handler } = openBench(backend).start({});
    let paused = false;
    let whilePaused = 0;
    handler.onChunk = () => {
      if (paused) whilePaused++;
      paused = true;
      request.pauseBody();
      setImmediate(() => {
        paused = false;
        request.resumeBody();
      });
    };
    await handler.done;
    expect([handler.body.length, whilePaused]).toEqual([length, 0]);
  });

  test("of the client at the last piece of a response does not deafen the connection for the next request", async () => {
    await using backend = await RawBackend.open();
    const bench = openBench(backend);
    const { request, handler } = bench.start({});
    handler.onChunk = () => {
      request.pauseBody();
      setImmediate(() => request.resumeBody());
    };
    await handler.done;
    expect((await bench.exchange()).body).toBe("ok");
    expect(backend.connections).toBe(1);
  });

  test("of the client at the last piece of a response does not hide that the endpoint hangs up", async () => {
    await using backend = await RawBackend.open();
    const bench = openBench(backend);
    const { request, handler } = bench.start({});
    handler.onChunk = () => {
      request.pauseBody();
      setImmediate(() => request.resumeBody());
    };
    await handler.done;
    expect(bench.table.idleConnections).toBe(1);
    for (const socket of backend.sockets) socket.end();
    await waitUntil(() => bench.table.idleConnections === 0);
  });

  test("of the endpoint stops the client until it reads on", async () => {
    const sockets: Socket[] = [];
    const server = createNetServer((socket) => {
      socket.on("error", () => {});
      socket.pause();
      sockets.push(socket);
    });
    const bench = openBench(await listen(server));
    const upstream = bench.table.get(UPSTREAM_ID);
    if (upstream === undefined) throw new Error("the upstream is missing");
    const handler = new RecordingUpstreamHandler();
    const drained = Promise.withResolvers<void>();
    handler.onDrain = () => drained.resolve();
    const request = sendRequest(buildPlan(upstream), buildHead("POST", UNKNOWN_LENGTH), handler);
    const chunk = Buffer.alloc(65_536, "x");
    request.write(chunk);
    await drained.promise;
    const again = Promise.withResolvers<void>();
    handler.onDrain = () => again.resolve();
    let written = 1;
    while (request.write(Buffer.from(chunk))) written++;
    expect(written).toBeLessThan(1000);
    for (const socket of sockets) {
      socket.on("data", (data) => {
        if (data.toString("latin1").endsWith("0\r\n\r\n")) socket.write("HTTP/1.1 204 No Content\r\n\r\n");
      });
      socket.resume();
    }
    await again.promise;
    request.end(null);
    await handler.done;
    expect(handler.status).toBe(204);
  });
});

describe("BE-12: a dead endpoint", () => {
  test("is passed over, for POST too", async () => {
    await using backend = await RawBackend.open();
    const bench = openBench(await deadAddress(), backend);
    const results = [await bench.exchange(), await bench.exchange({ method: "POST", body: "data" })];
    for (let i = 0; i < 4; i++) results.push(await bench.exchange());
    expect(results.map((result) => result.status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(backend.requests.filter((request) => request.body === "data")).toHaveLength(1);
  });

  test("alone is 502 after all tries", async () => {
    const bench = openBench(await deadAddress());
    const result = await bench.exchange();
    expect([result.failure, result.statuses]).toEqual([
      { status: 502, code: "connect-failed", responseStarted: false },
      [0, 0, 0],
    ]);
  });

  test("that resets before answering is passed over for GET", async () => {
    await using bad = await RawBackend.open(reset);
    await using good = await RawBackend.open();
    const bench = openBench(bad, good);
    const result = await bench.exchange();
    expect([result.status, result.statuses, bad.requests.length]).toEqual([200, [0, 200], 1]);
  });

  test("that resets before answering fails a POST, which arrives once", async () => {
    await using bad = await RawBackend.open(reset);
    await using good = await RawBackend.open();
    const bench = openBench(bad, good);
    const result = await bench.exchange({ method: "POST", body: "order" });
    expect([result.failure?.status, result.failure?.code]).toEqual([502, "reset"]);
    expect([bad.requests.length, good.requests.length]).toEqual([1, 0]);
  });

  test("that closes without a word fails a POST too", async () => {
    await using bad = await RawBackend.open(({ socket }) => void socket.end());
    const result = await openBench(bad).exchange({ method: "POST", body: "order" });
    expect([result.failure?.status, bad.requests.length]).toEqual([502, 1]);
  });
});

describe("BE-11: an endpoint that never answers", () => {
  const silent: Answer = () => {};
  const timeouts = { ...TIMEOUTS, readMs: 60 };

  test("is 504 after its read timeout, and is not asked again", async () => {
    await using backend = await RawBackend.open(silent);
    const bench = openBench(backend);
    const result = await bench.exchange({ plan: { timeouts, retry: buildRetry({ tries: 2 }) } });
    expect([result.failure?.status, result.failure?.code, result.statuses.length]).toEqual([504, "timeout", 1]);
    await untilTrue(() => backend.requests.length === 1);
  });

  test("gets a POST once", async () => {
    await using backend = await RawBackend.open(silent);
    const bench = openBench(backend);
    const result = await bench.exchange({ method: "POST", body: "order", plan: { timeouts } });
    expect([result.failure?.status, result.statuses.length]).toEqual([504, 1]);
    await untilTrue(() => backend.requests.length === 1);
  });

  test("loses its connection when the client gives up", async () => {
    const arrived = Promise.withResolvers<Socket>();
    await using backend = await RawBackend.open(({ socket }) => arrived.resolve(socket));
    const { request, handler } = openBench(backend).start({});
    const socket = await arrived.promise;
    const closed = once(socket, "close");
    request.abort();
    await closed;
    expect(handler.events).toEqual([]);
  });
});

describe("an endpoint's bad answer", () => {
  test("that is no HTTP is 502 and not retried", async () => {
    await using backend = await RawBackend.open(answerRaw("hello there\r\n\r\n", "close"));
    const result = await openBench(backend).exchange();
    expect([result.failure, backend.requests.length]).toEqual([
      { status: 502, code: "malformed", responseStarted: false },
      1,
    ]);
  });

  test("BE-05: that ends early is never taken for complete", async () => {
    await using backend = await RawBackend.open(
      answerRaw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "close"),
    );
    const result = await openBench(backend).exchange();
    expect(result.failure).toEqual({ status: 502, code: "truncated", responseStarted: true });
    expect([result.events.at(0), result.body]).toEqual(["head 200", "half"]);
  });

  test("BE-06: with extra bytes does not reach the next request", async () => {
    await using backend = await RawBackend.open(
      answerRaw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
    );
    const bench = openBench(backend);
    for (let i = 0; i < 5; i++) expect((await bench.exchange()).body).toBe("ok");
    expect(backend.connections).toBe(5);
  });

  test("of 503 is retried where the route says so", async () => {
    await using bad = await RawBackend.open(answerText("sorry", "503 Service Unavailable"));
    await using good = await RawBackend.open();
    const bench = openBench(bad, good);
    const result = await bench.exchange({ plan: { retry: buildRetry({ onStatuses: [503] }) } });
    expect([result.status, result.body, result.statuses]).toEqual([200, "ok", [503, 200]]);
  });

  test("of 503 that all endpoints give is retried for some requests only", async () => {
    await using bad = await RawBackend.open(answerText("sorry", "503 Service Unavailable"));
    const bench = openBench(bad);
    const plan = { retry: buildRetry({ onStatuses: [503] }) };
    for (let i = 0; i < 100; i++) expect((await bench.exchange({ plan })).status).toBe(503);
    // Without a limit there would be three attempts each.
    expect(bad.requests.length).toBeGreaterThan(100);
    expect(bad.requests.length).toBeLessThan(160);
  });
});

describe("BE-13: the keep-alive race", () => {
  /** Serves one request a connection, says keep-alive, and hangs up when the next one arrives. */
  const oneEach: Answer = (request, backend) => {
    const served = backend.requests.filter((other) => other.socket === request.socket).length;
    if (served > 1) request.socket.destroy();
    else answerText("ok")(request, backend);
  };

  test("never shows for GET, also with a single try", async () => {
    await using backend = await RawBackend.open(oneEach);
    const bench = openBench(backend);
    for (let i = 0; i < 10; i++) {
      expect((await bench.exchange({ plan: { retry: buildRetry({ tries: 1 }) } })).status).toBe(200);
    }
  });

  test("repeats a PUT with its body", async () => {
    await using backend = await RawBackend.open(oneEach);
    const bench = openBench(backend);
    await bench.exchange();
    expect((await bench.exchange({ method: "PUT", body: "state" })).status).toBe(200);
    expect(backend.requests.at(-1)?.body).toBe("state");
  });

  test("never repeats a POST", async () => {
    await using backend = await RawBackend.open(oneEach);
    const bench = openBench(backend);
    await bench.exchange();
    const result = await bench.exchange({ method: "POST", body: "order" });
    expect(result.failure?.status).toBe(502);
    expect(backend.requests.filter((request) => request.line.startsWith("POST"))).toHaveLength(1);
  });

  test("does not arise with a backend that closes after each response and says so", async () => {
    await using backend = await RawBackend.open(answerText("ok", "200 OK", ["Connection: close"]));
    const bench = openBench(backend);
    for (let i = 0; i < 5; i++) {
      const result = await bench.exchange({ method: "POST", body: "order" });
      expect([result.status, result.statuses]).toEqual([200, [200]]);
    }
    expect([backend.connections, bench.table.idleConnections]).toEqual([5, 0]);
  });
});

describe("BE-14: a change of endpoints under way", () => {
  test("lets a running download finish and sends what comes after elsewhere", async () => {
    const release = Promise.withResolvers<void>();
    await using old = await RawBackend.open(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
      void release.promise.then(() => socket.write("more"));
    });
    await using fresh = await RawBackend.open();
    const bench = openBench(old);
    const { handler } = bench.start({});
    const half = Promise.withResolvers<void>();
    handler.onChunk = () => half.resolve();
    await half.promise;
    bench.publish([fresh.address]);
    expect((await bench.exchange()).body).toBe("ok");
    release.resolve();
    await handler.done;
    expect([handler.body, handler.events.at(-1), old.requests.length]).toEqual(["halfmore", "end", 1]);
    expect(bench.table.idleConnections).toBe(1);
  });

  test("a thousand times loses no request", async () => {
    await using first = await RawBackend.open();
    await using second = await RawBackend.open();
    const bench = openBench(first, second);
    const sets = [[first.address], [second.address], [first.address, second.address]];
    const running: Promise<RecordingUpstreamHandler>[] = [];
    for (let i = 0; i < 1000; i++) {
      bench.publish(sets[i % 3] ?? []);
      running.push(bench.exchange());
      if (i % 20 === 19) await running.at(-1);
    }
    const results = await Promise.all(running);
    expect(new Set(results.map((result) => result.status))).toEqual(new Set([200]));
  });
});

describe("upstream TLS", () => {
  test("takes any certificate, sends no server name, and keeps connections", async () => {
    const { cert, key } = createCertificate();
    const names: (string | false | null)[] = [];
    const server = createTlsServer({ cert, key }, (socket) => {
      names.push(socket.servername ?? null);
      socket.on("error", () => {});
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"));
    });
    const address = await listen(server);
    const bench = openBench(address);
    for (let i = 0; i < 3; i++) expect((await bench.exchange({ plan: { protocol: "https" } })).body).toBe("secret");
    expect([names.length, names[0] === false || names[0] === null]).toEqual([1, true]);
  });

  test("to a port that speaks plain text is 502", async () => {
    const server = createNetServer((socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const address = await listen(server);
    const result = await openBench(address).exchange({ plan: { protocol: "https" } });
    expect([result.failure?.status, result.failure?.code]).toEqual([502, "connect-failed"]);
  });
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Self-signed, for a name that nobody asks for. */
function createCertificate(): { readonly cert: string; readonly key: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  certificate.setSubject([{ name: "commonName", value: "internal.test" }]);
  certificate.setIssuer([{ name: "commonName", value: "internal.test" }]);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: forge.pki.privateKeyToPem(keys.privateKey) };
}
