import { expect, test } from "vitest";
import { ReplayBody } from "../../../src/upstream/send/replay-body.ts";

function join(body: ReplayBody): string {
  return Buffer.concat(body.chunks).toString("latin1");
}

test("keeps what was sent, up to 64 KiB", () => {
  const body = new ReplayBody(true);
  body.pass(Buffer.alloc(40_000, "a"));
  body.pass(Buffer.alloc(25_536, "b"));
  expect([body.replayable, join(body).length]).toEqual([true, 65_536]);
  body.pass(Buffer.from("c"));
  expect([body.replayable, body.chunks.length]).toEqual([false, 0]);
  body.pass(Buffer.from("d"));
  expect(body.chunks.length).toBe(0);
});

test("holds everything that waits for a connection, and lets go of too much once it was sent", () => {
  const body = new ReplayBody(true);
  body.hold(Buffer.alloc(100_000, "a"));
  expect([body.replayable, join(body).length]).toEqual([true, 100_000]);
  body.sent();
  expect([body.replayable, body.chunks.length]).toEqual([false, 0]);
});

test("keeps nothing that was sent when the request may not be repeated", () => {
  const body = new ReplayBody(false);
  body.sent();
  expect(body.replayable).toBe(true);
  body.hold(Buffer.from("a"));
  expect(body.replayable).toBe(true);
  body.sent();
  expect([body.replayable, body.chunks.length]).toEqual([false, 0]);
});

test("joins many tiny chunks", () => {
  const body = new ReplayBody(true);
  for (let i = 0; i < 10_000; i++) body.pass(Buffer.from(String(i % 10)));
  expect(body.chunks.length).toBeLessThanOrEqual(64);
  expect(join(body)).toBe("0123456789".repeat(1000));
});

test("does not keep a large buffer alive for a small piece of it", () => {
  const body = new ReplayBody(true);
  body.pass(Buffer.allocUnsafeSlow(65_536).subarray(0, 100));
  expect(body.chunks[0]?.buffer.byteLength).toBe(100);
});

test("frees its bytes when no further attempt will come", () => {
  const body = new ReplayBody(true);
  body.pass(Buffer.from("a"));
  body.release();
  expect([body.replayable, body.chunks.length]).toEqual([false, 0]);
});
