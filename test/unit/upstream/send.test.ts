import { describe, expect, test } from "vitest";
import { readAffinity, sendRequest, type SendPlan, type UpstreamRequest } from "../../../src/upstream/upstream.ts";
import { HeaderList, UNKNOWN_LENGTH, type WireError } from "../../../src/wire/wire.ts";
import {
  buildHead,
  buildPlan,
  buildRetry,
  type FakeClientStream,
  type FakeConnection,
  FakeWire,
  RecordingUpstreamHandler,
} from "../../support/servers/upstream-fakes.ts";
import { buildAffinity } from "../../support/builders/filter-builder.ts";

const THREE = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];

/** A request under way over a fake wire. */
class Sending {
  readonly wire = new FakeWire();
  readonly handler = new RecordingUpstreamHandler();
  readonly request: UpstreamRequest;

  constructor(
    options: {
      readonly endpoints?: readonly string[];
      readonly method?: string;
      readonly bodyLengthBytes?: number;
      readonly plan?: Partial<Omit<SendPlan, "upstream">>;
    } = {},
  ) {
    const upstream = this.wire.publish(options.endpoints ?? THREE);
    const head = buildHead(options.method, options.bodyLengthBytes);
    this.request = sendRequest(buildPlan(upstream, options.plan), head, this.handler);
    if (head.bodyLengthBytes === 0) this.request.end(null);
  }

  /** Hosts in the order they were dialled. */
  get hosts(): readonly string[] {
    return this.wire.dialed.map((dialing) => dialing.dial.host);
  }

  /** Lets the latest connection attempt succeed and returns the stream of the request on it. */
  connect(): FakeClientStream {
    return streamOf(this.wire.dialing.connect());
  }

  [Symbol.dispose](): void {
    this.wire[Symbol.dispose]();
  }
}

function streamOf(connection: FakeConnection): FakeClientStream {
  const stream = connection.streams.at(-1);
  if (stream === undefined) throw new Error("nothing was sent");
  return stream;
}

describe("sending a request", () => {
  test("passes the answer through and records the attempt", () => {
    using sending = new Sending();
    sending.wire.clock.ms += 3;
    const stream = sending.connect();
    sending.wire.clock.ms += 4;
    stream.handler.onHead(200, new HeaderList(), 5);
    sending.wire.clock.ms += 5;
    stream.handler.onBody(Buffer.from("hello"));
    stream.finish();
    expect(sending.handler.events).toEqual(["head 200", "end"]);
    expect(sending.handler.body).toBe("hello");
    expect(sending.request.attempts).toMatchObject([
      { address: "10.0.0.1:80", status: 200, connectMs: 0, headerMs: 7, durationMs: 12, responseBytes: 5 },
    ]);
  });

  test("passes interim responses on", () => {
    using sending = new Sending();
    const stream = sending.connect();
    stream.handler.onInformational(103, new HeaderList());
    stream.respond();
    expect(sending.handler.events).toEqual(["informational 103", "head 200", "end"]);
  });

  test("hands a tunnel over", () => {
    using sending = new Sending();
    const tunnel = { destroyed: false };
    const stream = sending.connect();
    stream.handler.onUpgrade("websocket", new HeaderList(), tunnel as never);
    expect([sending.handler.events, sending.handler.tunnel]).toEqual([["upgrade"], tunnel]);
    expect(sending.request.attempts.map((attempt) => attempt.status)).toEqual([101]);
  });

  test("without endpoints fails with 503, in a later turn", async () => {
    using sending = new Sending({ endpoints: [] });
    expect(sending.handler.events).toEqual([]);
    await sending.handler.done;
    expect(sending.handler.failure).toEqual({ status: 503, code: "no-endpoints", responseStarted: false });
    expect(sending.request.attempts).toEqual([]);
  });

  test("pauses and resumes the response, also before there is a connection", () => {
    using sending = new Sending();
    sending.request.pauseBody();
    const stream = sending.connect();
    sending.request.resumeBody();
    sending.request.pauseBody();
    expect(stream.calls).toEqual(["pause", "end", "resume", "pause"]);
  });
});

describe("a request body", () => {
  test("waits for the connection and is asked to", () => {
    using sending = new Sending({ method: "POST", bodyLengthBytes: UNKNOWN_LENGTH });
    expect(sending.request.write(Buffer.from("one"))).toBe(false);
    const stream = sending.connect();
    expect(stream.calls).toEqual(["write one"]);
    expect(sending.handler.events).toEqual(["drain"]);
    expect(sending.request.write(Buffer.from("two"))).toBe(true);
    sending.request.end(null);
    expect(stream.calls).toEqual(["write one", "write two", "end"]);
  });

  test("stops when the endpoint is slow and goes on when it drains", () => {
    using sending = new Sending({ method: "PUT", bodyLengthBytes: UNKNOWN_LENGTH });
    const stream = sending.connect();
    stream.writable = false;
    expect(sending.request.write(Buffer.from("one"))).toBe(false);
    stream.handler.onDrain();
    stream.handler.onDrain();
    expect(sending.handler.events).toEqual(["drain"]);
  });

  test("after the answer goes nowhere", () => {
    using sending = new Sending({ method: "POST", bodyLengthBytes: UNKNOWN_LENGTH });
    const stream = sending.connect();
    stream.respond(413);
    expect(sending.request.write(Buffer.from("late"))).toBe(true);
    sending.request.end(null);
    expect(stream.calls).toEqual([]);
  });
});

describe("a dead endpoint", () => {
  test("is followed by the next one", () => {
    using sending = new Sending();
    sending.wire.dialing.refuse();
    sending.connect().respond();
    expect(sending.hosts).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(sending.handler.events).toEqual(["head 200", "end"]);
    expect(sending.request.attempts.map((attempt) => attempt.status)).toEqual([0, 200]);
  });

  test("costs as many tries as there are, then the last failure is told", () => {
    using sending = new Sending();
    sending.wire.dialing.refuse();
    sending.wire.dialing.refuse();
    sending.wire.dialing.refuse("connect-timeout");
    expect(sending.hosts).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    expect(sending.handler.events).toEqual(["failure 504 timeout"]);
  });

  test("that is the only one is tried again", () => {
    using sending = new Sending({ endpoints: ["10.0.0.1:80"] });
    sending.wire.dialing.refuse();
    sending.wire.dialing.refuse();
    sending.connect().respond();
    expect(sending.hosts).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
    expect(sending.handler.status).toBe(200);
  });

  test("with tries 0 every endpoint gets one try", () => {
    using sending = new Sending({ plan: { retry: buildRetry({ tries: 0 }) } });
    for (let i = 0; i < 3; i++) sending.wire.dialing.refuse();
    expect(sending.hosts).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    expect(sending.handler.failure?.status).toBe(502);
  });

  test("does not take a POST with it that was never sent, body and all", () => {
    using sending = new Sending({ method: "POST", bodyLengthBytes: 4 });
    sending.request.write(Buffer.from("body"));
    sending.request.end(null);
    sending.wire.dialing.refuse();
    const stream = sending.connect();
    expect(stream.calls).toEqual(["write body", "end"]);
    stream.respond(201);
    expect(sending.handler.status).toBe(201);
  });

  test("is not retried after the time for retries is over", () => {
    using sending = new Sending({ plan: { retry: buildRetry({ timeoutMs: 1_000 }) } });
    sending.wire.clock.ms += 1_000;
    sending.wire.dialing.refuse();
    expect(sending.handler.failure?.status).toBe(502);
  });

  test("whose upstream has lost all endpoints meanwhile is the failure that is told", () => {
    using sending = new Sending();
    sending.wire.publish([]);
    sending.wire.dialing.refuse();
    expect(sending.handler.failure).toEqual({ status: 502, code: "connect-failed", responseStarted: false });
  });
});

describe("a broken exchange", () => {
  test("of a GET is made up for elsewhere, with the same body", () => {
    using sending = new Sending({ method: "PUT", bodyLengthBytes: UNKNOWN_LENGTH });
    const first = sending.connect();
    sending.request.write(Buffer.from("one"));
    first.fail("reset");
    expect(sending.request.write(Buffer.from("two"))).toBe(false);
    const second = sending.connect();
    sending.request.end(null);
    expect(second.calls).toEqual(["write one", "write two", "end"]);
    second.respond();
    expect(sending.handler.events).toEqual(["drain", "head 200", "end"]);
  });

  test("is made up for once, whatever the tries", () => {
    using sending = new Sending();
    sending.connect().fail("reset");
    sending.connect().fail("reset");
    expect(sending.hosts).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(sending.handler.events).toEqual(["failure 502 reset"]);
  });

  test("is followed by as many dead endpoints as there are tries", () => {
    using sending = new Sending();
    sending.connect().fail("reset");
    sending.wire.dialing.refuse();
    sending.connect().respond();
    expect(sending.hosts).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    expect(sending.handler.status).toBe(200);
  });

  test("is final where there is no other endpoint", () => {
    using sending = new Sending({ endpoints: ["10.0.0.1:80"] });
    sending.connect().fail("reset");
    expect(sending.hosts).toEqual(["10.0.0.1"]);
    expect(sending.handler.events).toEqual(["failure 502 reset"]);
  });

  test("of a POST is final", () => {
    using sending = new Sending({ method: "POST", bodyLengthBytes: 3 });
    const stream = sending.connect();
    sending.request.write(Buffer.from("one"));
    sending.request.end(null);
    stream.fail("reset");
    expect(sending.hosts).toHaveLength(1);
    expect(sending.handler.events).toEqual(["failure 502 reset"]);
  });

  test("of a POST without a body is final too", () => {
    using sending = new Sending({ method: "POST" });
    sending.connect().fail("closed");
    expect(sending.hosts).toHaveLength(1);
    expect(sending.handler.events).toEqual(["failure 502 reset"]);
  });

  test("of a body too long to be kept is final", () => {
    using sending = new Sending({ method: "PUT", bodyLengthBytes: UNKNOWN_LENGTH });
    const stream = sending.connect();
    sending.request.write(Buffer.alloc(70_000));
    stream.fail("reset");
    expect(sending.handler.events).toEqual(["failure 502 reset"]);
  });

  test("of a body that grew too long while connecting is final", () => {
    using sending = new Sending({ method: "PUT", bodyLengthBytes: UNKNOWN_LENGTH });
    sending.request.write(Buffer.alloc(40_000));
    sending.request.write(Buffer.alloc(40_000));
    sending.connect().fail("reset");
    expect(sending.handler.events).toEqual(["drain", "failure 502 reset"]);
  });

  test("after the head cuts the response", () => {
    using sending = new Sending();
    const stream = sending.connect();
    stream.handler.onHead(200, new HeaderList(), 10);
    stream.fail("closed", { responseStarted: true });
    expect(sending.handler.failure).toEqual({ status: 502, code: "truncated", responseStarted: true });
    expect(sending.request.attempts.map((attempt) => attempt.status)).toEqual([200]);
  });

  test("after an interim response is final, and nothing was begun", () => {
    using sending = new Sending();
    const stream = sending.connect();
    stream.handler.onInformational(103, new HeaderList());
    stream.fail("reset");
    expect(sending.handler.failure).toEqual({ status: 502, code: "reset", responseStarted: false });
  });
});

describe("a status that counts as failure", () => {
  const retry = buildRetry({ onStatuses: [503] });

  test("is thrown away for another attempt", () => {
    using sending = new Sending({ plan: { retry } });
    const first = sending.connect();
    first.respond(503, "sorry");
    sending.connect().respond(200);
    expect([first.aborted, sending.hosts]).toEqual([true, ["10.0.0.1", "10.0.0.2"]]);
    expect(sending.handler.events).toEqual(["head 200", "end"]);
    expect(sending.request.attempts.map((attempt) => attempt.status)).toEqual([503, 200]);
  });

  test("is passed on when it remains", () => {
    using sending = new Sending({ plan: { retry } });
    for (let i = 0; i < 3; i++) sending.connect().respond(503, "sorry");
    expect(sending.handler.events).toEqual(["head 503", "end"]);
    expect(sending.handler.body).toBe("sorry");
    expect(sending.request.attempts.map((attempt) => attempt.status)).toEqual([503, 503, 503]);
  });

  test("is passed on for a POST", () => {
    using sending = new Sending({ method: "POST", plan: { retry } });
    sending.connect().respond(503);
    expect([sending.handler.status, sending.hosts.length]).toEqual([503, 1]);
  });
});

describe("a stale keep-alive connection", () => {
  function sendOverUsed(method: string): Sending & { readonly stale: FakeClientStream } {
    const sending = new Sending({ endpoints: ["10.0.0.1:80"], method: "GET" });
    const connection = sending.wire.dialing.connect();
    connection.streams[0]?.respond();
    const upstream = sending.wire.publish(["10.0.0.1:80"]);
    const handler = new RecordingUpstreamHandler();
    const retry = buildRetry({ tries: 1 });
    const request = sendRequest(buildPlan(upstream, { retry }), buildHead(method), handler);
    request.end(null);
    return Object.assign(sending, { handler, request, stale: streamOf(connection) });
  }

  test("is made up for on a fresh one, also with a single try", () => {
    using sending = sendOverUsed("GET");
    sending.stale.fail("closed");
    sending.connect().respond();
    expect(sending.handler.events).toEqual(["head 200", "end"]);
    expect(sending.request.attempts.map((attempt) => attempt.status)).toEqual([0, 200]);
  });

  test("is made up for once", () => {
    using sending = sendOverUsed("GET");
    sending.stale.fail("reset");
    sending.connect().fail("reset");
    expect(sending.handler.events).toEqual(["failure 502 reset"]);
  });

  test("is made up for once, even with another endpoint and tries left", () => {
    using sending = new Sending({ endpoints: ["10.0.0.1:80", "10.0.0.2:80"] });
    const connections = [sending.wire.dialing.connect()];
    connections[0]?.streams[0]?.respond();
    const upstream = sending.wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    const first = sendRequest(buildPlan(upstream), buildHead("GET"), new RecordingUpstreamHandler());
    first.end(null);
    sending.connect().respond();
    const handler = new RecordingUpstreamHandler();
    sendRequest(buildPlan(upstream), buildHead("GET"), handler).end(null);
    const dialled = sending.hosts.length;
    const [stale] = connections;
    if (stale === undefined) throw new Error("no connection");
    streamOf(stale).fail("closed");
    expect(sending.hosts).toHaveLength(dialled + 1);
    sending.connect().fail("reset");
    expect([handler.events, sending.hosts.length]).toEqual([["failure 502 reset"], dialled + 1]);
  });

  test("fails a POST that may have been sent", () => {
    using sending = sendOverUsed("POST");
    sending.stale.fail("closed");
    expect(sending.handler.events).toEqual(["failure 502 reset"]);
    expect(sending.hosts).toHaveLength(1);
  });
});

describe("wherever an attempt begins", () => {
  const CODES = ["stream-refused", "closed", "reset", "connect-refused"] as const;
  const cases = [1, 2, 3, 4, 7].flatMap((tries) => CODES.map((code) => [tries, code] as const));

  /** A request at an upstream with kept connections, of which nothing ever comes. */
  function failAll(tries: number, code: WireError["code"]): { readonly sending: Sending; readonly attempts: number } {
    const sending = new Sending({ endpoints: ["10.0.0.1:80", "10.0.0.2:80"] });
    const upstream = sending.wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    const connections = [sending.wire.dialing.connect()];
    for (let i = 0; i < 7; i++) {
      sendRequest(buildPlan(upstream), buildHead(), new RecordingUpstreamHandler()).end(null);
      connections.push(sending.wire.dialing.connect());
    }
    for (const connection of connections) streamOf(connection).respond();
    const handler = new RecordingUpstreamHandler();
    const plan = buildPlan(upstream, { retry: buildRetry({ tries }) });
    const request = sendRequest(plan, buildHead(), handler);
    request.end(null);
    for (let dialed = sending.wire.dialed.length; handler.failure === null; dialed = sending.wire.dialed.length) {
      const busy = connections.find((connection) => !connection.idle && !connection.destroyed);
      if (busy !== undefined) streamOf(busy).fail(code, { requestSent: false });
      else if (code === "connect-refused") sending.wire.dialing.refuse();
      else connections.push(sending.wire.dialing.connect());
      expect(dialed).toBeLessThan(50);
    }
    return { sending, attempts: request.attempts.length };
  }

  test.each(cases)("a request with %i tries has no more attempts when each ends in %s", (tries, code) => {
    const { sending, attempts } = failAll(tries, code);
    using _ = sending;
    // A single try over a connection that was dead already was none.
    const wasDead = tries === 1 && (code === "closed" || code === "reset");
    expect(attempts).toBe(wasDead ? 2 : tries);
  });
});

describe("giving up", () => {
  test("cancels a connection that is being made", () => {
    using sending = new Sending();
    sending.request.abort();
    expect(sending.wire.dialing.cancelled).toBe(true);
    expect(sending.request.attempts).toHaveLength(1);
    const late = sending.wire.dialing.connect();
    expect([late.destroyed, late.streams.length, sending.handler.events]).toEqual([true, 0, []]);
  });

  test("destroys a connection in use, and nothing more is heard", () => {
    using sending = new Sending();
    const stream = sending.connect();
    stream.handler.onHead(200, new HeaderList(), 10);
    sending.request.abort();
    sending.request.abort();
    stream.handler.onBody(Buffer.from("late"));
    stream.handler.onEnd(null);
    expect([stream.aborted, sending.handler.events, sending.handler.body]).toEqual([true, ["head 200"], ""]);
    expect(sending.request.attempts.map((attempt) => attempt.status)).toEqual([200]);
  });

  test("before the failure of an empty upstream is told keeps it untold", async () => {
    using sending = new Sending({ endpoints: [] });
    sending.request.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sending.handler.events).toEqual([]);
  });
});

describe("a sticky request", () => {
  test("goes to its endpoint, and again after a failure", () => {
    using wire = new FakeWire();
    const upstream = wire.publish(["10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080"]);
    const stick = readAffinity(buildAffinity(), upstream, "INGRESSCOOKIE=user-42");
    sendRequest(buildPlan(upstream, { stick }), buildHead(), new RecordingUpstreamHandler());
    wire.dialing.refuse();
    wire.dialing.refuse();
    expect(wire.dialed.map((dialing) => dialing.dial.host)).toEqual(["10.0.0.3", "10.0.0.3", "10.0.0.3"]);
  });

  test("moves with change-on-failure, and the cookie tells where", () => {
    using wire = new FakeWire({ random: () => 0 });
    const upstream = wire.publish(["10.0.0.1:80", "10.0.0.2:80"]);
    const stick = readAffinity(buildAffinity({ mode: "persistent", changeOnFailure: true }), upstream, undefined);
    sendRequest(buildPlan(upstream, { stick }), buildHead(), new RecordingUpstreamHandler());
    const before = stick.newCookieValue;
    wire.dialing.refuse();
    expect(wire.dialed.map((dialing) => dialing.dial.host)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(stick.newCookieValue).not.toBe(before);
  });
});
