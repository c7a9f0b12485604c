import fc from "fast-check";
import { expect, test } from "vitest";
import { sendRequest, type UpstreamRequest } from "../../src/upstream/upstream.ts";
import { UNKNOWN_LENGTH, type WireError } from "../../src/wire/wire.ts";
import {
  buildHead,
  buildPlan,
  buildRetry,
  type FakeClientStream,
  type FakeDialing,
  FakeWire,
  RecordingUpstreamHandler,
} from "../support/servers/upstream-fakes.ts";

type Code = WireError["code"];

/** Whatever can happen to a request, from either side, in any order. */
type Happening =
  | { readonly kind: "write"; readonly bytes: number }
  | { readonly kind: "end" | "connect" | "drain" | "abort" | "interim" }
  | { readonly kind: "refuse"; readonly code: Code }
  | { readonly kind: "break"; readonly code: Code; readonly sent: boolean; readonly answered: boolean }
  | { readonly kind: "respond"; readonly status: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write" as const), bytes: fc.nat(40_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("end" as const, "drain" as const, "interim" as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("connect" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("refuse" as const),
      code: fc.constantFrom<Code>("connect-refused", "connect-timeout", "tls-failed"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("break" as const),
      code: fc.constantFrom<Code>("reset", "closed", "malformed", "read-timeout", "send-timeout"),
      sent: fc.boolean(),
      answered: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("respond" as const), status: fc.constantFrom(200, 404, 503) }),
  },
);

/** Plays happenings against one request, and keeps what must hold. */
class Play {
  readonly wire = new FakeWire();
  readonly handler = new RecordingUpstreamHandler();
  readonly request: UpstreamRequest;
  readonly method: string;
  readonly streams: FakeClientStream[] = [];
  #stream: FakeClientStream | null = null;
  #dialing: FakeDialing | null = null;
  #body = "";
  #letter = 0;
  /** The request may have had an effect: from now on a method that is not idempotent must not be sent again. */
  #maybeArrived = false;
  #aborted = false;

  constructor(method: string, tries: number, endpoints: number) {
    this.method = method;
    const upstream = this.wire.publish(Array.from({ length: endpoints }, (_, i) => `10.0.0.${i}:80`));
    const plan = buildPlan(upstream, { retry: buildRetry({ tries, onStatuses: [503], onInvalidHeader: true }) });
    this.request = sendRequest(plan, buildHead(method, UNKNOWN_LENGTH), this.handler);
    this.#follow();
  }

  step(happening: Happening): void {
    switch (happening.kind) {
      case "write":
        this.#write(happening.bytes);
        break;
      case "end":
        this.request.end(null);
        break;
      case "abort":
        this.request.abort();
        this.#aborted = true;
        break;
      case "connect":
        this.#connect();
        break;
      case "refuse":
        this.#settleDialing()?.refuse(happening.code);
        break;
      case "drain":
        this.#stream?.handler.onDrain();
        break;
      case "interim":
        this.#stream?.handler.onInformational(103, buildHead().headers);
        break;
      case "break":
        this.#break(happening);
        break;
      case "respond":
        this.#respond(happening.status);
        break;
    }
    this.#follow();
    this.#check();
  }

  #write(bytes: number): void {
    const chunk = String.fromCharCode(97 + (this.#letter++ % 26)).repeat(bytes);
    this.#body += chunk;
    this.request.write(Buffer.from(chunk));
  }

  #connect(): void {
    const connection = this.#settleDialing()?.connect();
    const stream = connection?.streams.at(-1);
    if (stream === undefined) return;
    if (this.method === "POST" || this.method === "PATCH") expect(this.#maybeArrived).toBe(false);
    this.#stream = stream;
    this.streams.push(stream);
  }

  #break(how: { readonly code: Code; readonly sent: boolean; readonly answered: boolean }): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    const requestSent = how.sent || how.answered;
    if (requestSent) this.#maybeArrived = true;
    stream.fail(how.code, { requestSent, responseStarted: how.answered });
  }

  #respond(status: number): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    this.#maybeArrived = true;
    stream.respond(status);
  }

  #settleDialing(): FakeDialing | null {
    const dialing = this.#dialing;
    this.#dialing = null;
    return dialing?.cancelled === true ? null : dialing;
  }

  /** Picks up a connection attempt that the last step began. */
  #follow(): void {
    const last = this.wire.dialed.at(-1) ?? null;
    if (last !== this.#seen) this.#dialing = last;
    this.#seen = last;
    if (this.#aborted) this.#stream = null;
  }
  #seen: FakeDialing | null = null;

  #check(): void {
    for (const stream of this.streams) expect(this.#body.startsWith(stream.written)).toBe(true);
    const last = this.handler.events.filter((event) => /^(end|failure)/.test(event));
    expect(last.length).toBeLessThanOrEqual(1);
    if (last.length === 1) expect(this.handler.events.at(-1)).toBe(last[0]);
  }

  /** The stream at work has the whole body; nothing is lost between attempts. */
  checkBody(): void {
    if (this.#stream !== null && !this.#aborted) expect(this.#stream.written).toBe(this.#body);
  }
}

test("whatever happens: no unsafe repetition, no lost or doubled body byte, one last callback, bounded tries", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("GET", "PUT", "POST", "PATCH"),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(happening, { maxLength: 30 }),
      (method, tries, endpoints, happenings) => {
        const play = new Play(method, tries, endpoints);
        try {
          for (const happening of happenings) play.step(happening);
          play.checkBody();
          expect(play.wire.dialed.length).toBeLessThanOrEqual(tries);
          expect(play.request.attempts.length).toBeLessThanOrEqual(tries);
        } finally {
          play.wire[Symbol.dispose]();
        }
      },
    ),
    { numRuns: 400 },
  );
});
