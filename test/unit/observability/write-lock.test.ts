import { expect, test } from "vitest";
import { BoundedWriter, WriteLock } from "../../../src/observability/observability.ts";
import { untilTrue } from "../../support/waiting/waiting.ts";

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

test("two threads that write to one descriptor do it one after the other", async () => {
  const first = new WriteLock(1);
  const second = new WriteLock(2, first.memory);
  const calls: { readonly text: string; readonly done: Done }[] = [];
  const writeBytes = (_fd: number, bytes: Buffer, _offset: number, done: Done) =>
    void calls.push({ text: bytes.toString(), done });
  const writers = [first, second].map((lock) => new BoundedWriter({ fd: 1, limitBytes: 1000, lock, writeBytes }));
  for (const [i, writer] of writers.entries()) writer.writeLine(`line of ${i}`);
  await untilTrue(() => calls.length > 0);
  writers[1]?.writeLine("another");
  await Promise.all(Array.from({ length: 20 }, () => new Promise((resolve) => setImmediate(resolve))));
  expect(calls.map(({ text }) => text)).toEqual(["line of 0\n"]);
  calls[0]?.done(null, 10);
  await untilTrue(() => calls.length > 1);
  expect(calls[1]?.text).toBe("line of 1\nanother\n");
  calls[1]?.done(null, 18);
  expect([...first.memory]).toEqual([0]);
});

test("the lock of a dead thread goes to the next one, and only its lock", async () => {
  const dead = new WriteLock(2);
  const alive = new WriteLock(3, dead.memory);
  let taken = 0;
  dead.take(() => {});
  alive.take(() => taken++);
  new WriteLock(4, dead.memory).release();
  expect([...dead.memory]).toEqual([2]);
  new WriteLock(2, dead.memory).release();
  await untilTrue(() => taken === 1);
  expect([...dead.memory]).toEqual([3]);
});
