import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, FrameReader } from "../../../src/cli/demo/websocket-frames.ts";

/** What a client sends: the server's frame with the mask bit, a mask, and the payload masked. */
function maskFrame(payload: Buffer, opcode: number, mask: Buffer): Buffer {
  const plain = encodeFrame({ final: true, opcode, payload });
  const head = Buffer.from(plain.subarray(0, plain.length - payload.length));
  head[1] = (head[1] ?? 0) | 0x80;
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([head, mask, masked]);
}

test("frames come out whole, in whatever pieces they arrive", () => {
  const frame = fc.record({
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
    mask: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (frames, pieceBytes) => {
      const stream = Buffer.concat(frames.map(({ payload, opcode, mask }) => maskFrame(payload, opcode, mask)));
      const reader = new FrameReader();
      const read: { opcode: number; payload: string }[] = [];
      for (let start = 0; start < stream.length; start += pieceBytes) {
        for (const { opcode, payload } of reader.read(stream.subarray(start, start + pieceBytes))) {
          read.push({ opcode, payload: payload.toString("hex") });
        }
      }
      expect(read).toEqual(frames.map(({ opcode, payload }) => ({ opcode, payload: payload.toString("hex") })));
      expect(reader.broken).toBe(false);
    }),
  );
});

test("an unmasked frame breaks the connection", () => {
  const reader = new FrameReader();
  expect(reader.read(encodeFrame({ final: true, opcode: 1, payload: Buffer.from("hi") }))).toEqual([]);
  expect(reader.broken).toBe(true);
});

test("a frame larger than the limit breaks the connection before it is read", () => {
  const reader = new FrameReader();
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0xff;
  head.writeBigUInt64BE(2n ** 40n, 2);
  expect(reader.read(head)).toEqual([]);
  expect(reader.broken).toBe(true);
});
