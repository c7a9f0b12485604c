import fc from "fast-check";
import { expect, test } from "vitest";
import { RequestSource } from "../../src/wire/http1/request-source.ts";

const LIMIT_BYTES = 32_768;
const START = "GET /p HTTP/1.1\r\nHost: a.test\r\n";
/** With the line that ends the head. Its one field has 14 bytes. */
const START_BYTES = START.length + 2 + 2;

/** The verdict on a head that comes in pieces cut at these places. */
function verdict(head: string, cuts: readonly number[]): string {
  const source = new RequestSource({ underscoresInHeaders: false });
  const places = [...cuts.map((cut) => cut % head.length), head.length].toSorted((a, b) => a - b);
  let at = 0;
  for (const place of places) {
    const piece = Buffer.from(head.slice(at, place), "latin1");
    at = place;
    if (piece.length === 0) continue;
    source.input.receive(piece, piece.length);
    const read = source.readHead();
    if (read?.error) return read.error.code;
    if (read?.done === true) return "served";
  }
  return "unfinished";
}

/** Bytes of a head, where a field counts as 16 at least. */
function countedBytes(fields: readonly string[], start = START_BYTES): number {
  return fields.reduce((bytes, line) => bytes + Math.max(16, line.length + 2), start);
}

/** Fields of one length, and one that brings the head to the limit and a few bytes around it. */
const fieldsNearLimit = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: -3, max: 3 }))
  .map(([length, off]) => {
    const field = `x:${"y".repeat(length)}`;
    const room = LIMIT_BYTES + off - countedBytes([]);
    const count = Math.floor(room / countedBytes([field], 0)) - 1;
    const fields = Array.from({ length: count }, () => field);
    return [...fields, `z:${"z".repeat(room - count * countedBytes([field], 0) - 4)}`];
  });

test("FR-35 a head is refused by its bytes and never by the number of its fields, however it is cut into packets", () => {
  fc.assert(
    fc.property(fieldsNearLimit, fc.array(fc.nat(), { maxLength: 8 }), (fields, cuts) => {
      const head = `${START}${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
      const expected = countedBytes(fields) > LIMIT_BYTES ? "head-too-large" : "served";
      expect(verdict(head, cuts)).toBe(expected);
    }),
    { numRuns: 300 },
  );
});
