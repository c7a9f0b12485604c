import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClientHello, readClientHello } from "../../src/tls/tls.ts";
import { clientHello } from "../support/builders/client-hello-bytes.ts";

/** Feeds the bytes piece by piece, as the listener does: looks again when what was asked for is there. */
function readSegmented(bytes: Buffer, cuts: readonly number[]): ClientHello {
  const ends = [...new Set([...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b);
  let needed = 1;
  let last: ClientHello = { kind: "incomplete", neededBytes: 1 };
  for (const end of ends) {
    if (end < needed) continue;
    last = readClientHello(bytes.subarray(0, end));
    if (last.kind !== "incomplete") return last;
    needed = last.neededBytes;
  }
  return last;
}

const serverName = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,60}$/);

test("the server name is found however the hello is cut into records and segments", () => {
  fc.assert(
    fc.property(
      serverName,
      fc.record({ padBytes: fc.nat(4000), recordBytes: fc.integer({ min: 8, max: 16_384 }) }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (name, options, cuts) => {
        const hello = readSegmented(clientHello(name, options), cuts);
        expect(hello).toEqual({ kind: "hello", serverName: name });
      },
    ),
  );
});

test("TL-08 one byte a record is the same hello", () => {
  expect(readClientHello(clientHello("shop.test", { recordBytes: 1 }))).toEqual({
    kind: "hello",
    serverName: "shop.test",
  });
});

test("a hello without a name has an empty one", () => {
  expect(readClientHello(clientHello(null))).toEqual({ kind: "hello", serverName: "" });
});

test("what is asked for next is always more than what is there, and never more than the hello", () => {
  fc.assert(
    fc.property(serverName, fc.nat(), (name, cut) => {
      const bytes = clientHello(name);
      const part = bytes.subarray(0, cut % bytes.length);
      const hello = readClientHello(part);
      expect(hello.kind).toBe("incomplete");
      const needed = hello.kind === "incomplete" ? hello.neededBytes : 0;
      expect(needed).toBeGreaterThan(part.length);
      expect(needed).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

test("TL-08 no bytes make it throw or ask for ever", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, asRecord) => {
      const bytes = asRecord
        ? Buffer.concat([Buffer.from([22, 3, 1, 0, noise.length, 1, 0, 0, 40]), noise])
        : Buffer.from(noise);
      const hello = readClientHello(bytes);
      if (hello.kind === "incomplete") expect(hello.neededBytes).toBeLessThanOrEqual(bytes.length + 16_384 + 5);
    }),
  );
});

test("TL-08 a hello with changed bytes is read or refused, never an exception", () => {
  fc.assert(
    fc.property(
      serverName,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
      (name, edits) => {
        const bytes = clientHello(name);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        expect(["hello", "plain", "incomplete"]).toContain(readClientHello(bytes).kind);
      },
    ),
  );
});

test.each([
  ["a request", "GET / HTTP/1.1\r\n"],
  ["nonsense", "\u0000\u0001"],
])("%s is plain", (_name, text) => {
  expect(readClientHello(Buffer.from(text, "latin1"))).toEqual({ kind: "plain" });
});

test("an endless hello is given up, with the default certificate", () => {
  const huge = clientHello("shop.test", { padBytes: 40_000, recordBytes: 1000 });
  expect(readClientHello(huge)).toEqual({ kind: "hello", serverName: "" });
});

test("a hello over a thousand records is given up", () => {
  const many = clientHello("shop.test", { padBytes: 2000, recordBytes: 1 });
  expect(readClientHello(many)).toEqual({ kind: "hello", serverName: "" });
});
