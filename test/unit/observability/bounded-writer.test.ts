import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { BoundedWriter } from "../../../src/observability/observability.ts";

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A descriptor whose reader answers only when told to. */
function slowReader() {
  const calls: { readonly text: string; readonly done: Done }[] = [];
  const writeBytes = (_fd: number, bytes: Buffer, offset: number, done: Done) => {
    calls.push({ text: bytes.subarray(offset).toString("utf8"), done });
  };
  return { calls, writeBytes };
}

describe("the log writer", () => {
  test("writes the lines of one turn in one go", async () => {
    const { calls, writeBytes } = slowReader();
    const writer = new BoundedWriter({ fd: 1, limitBytes: 1000, writeBytes });
    writer.writeLine("one");
    writer.writeLine("two");
    await nextTurn();
    expect(calls.map(({ text }) => text)).toEqual(["one\ntwo\n"]);
  });

  test("drops and counts what a slow reader leaves no room for, and goes on afterwards", async () => {
    const { calls, writeBytes } = slowReader();
    const writer = new BoundedWriter({ fd: 1, limitBytes: 20, gatherMs: 0, writeBytes });
    writer.writeLine("first");
    await nextTurn();
    for (let i = 0; i < 5; i++) writer.writeLine("0123456789");
    expect(writer.droppedLines).toBe(4);
    calls[0]?.done(null, 6);
    writer.writeLine("last");
    expect(calls[1]?.text).toBe("0123456789\n");
    calls[1]?.done(null, 11);
    expect(calls[2]?.text).toBe("last\n");
  });

  test("lines that came during a write wait for others, unless somebody waits for them or there are many", async () => {
    const { calls, writeBytes } = slowReader();
    const writer = new BoundedWriter({ fd: 1, limitBytes: 1e6, gatherMs: 1e6, writeBytes });
    writer.writeLine("first");
    await nextTurn();
    writer.writeLine("second");
    calls[0]?.done(null, 6);
    await nextTurn();
    expect(calls).toHaveLength(1);
    writer.writeLine("x".repeat(70_000));
    expect(calls).toHaveLength(2);
    calls[1]?.done(null, calls[1].text.length);
    calls[2]?.done(null, calls[2].text.length);
    writer.writeLine("last but one");
    await nextTurn();
    writer.writeLine("last");
    calls[3]?.done(null, 13);
    const flushed = writer.flush(10_000);
    calls[4]?.done(null, 5);
    await flushed;
    expect(calls.map(({ text }) => text.length)).toEqual([6, 7, 70_001, 13, 5]);
  });

  test("goes on where a partial write stopped", async () => {
    const { calls, writeBytes } = slowReader();
    const writer = new BoundedWriter({ fd: 1, limitBytes: 100, writeBytes });
    writer.writeLine("abcdef");
    await nextTurn();
    calls[0]?.done(null, 4);
    expect(calls[1]?.text).toBe("ef\n");
  });

  test("counts lines as dropped when the disk is full, and tries again with the next", async () => {
    const { calls, writeBytes } = slowReader();
    const writer = new BoundedWriter({ fd: 1, limitBytes: 100, writeBytes });
    writer.writeLine("lost");
    await nextTurn();
    calls[0]?.done(Object.assign(new Error("full"), { code: "ENOSPC" }), 0);
    expect(writer.droppedLines).toBe(1);
    writer.writeLine("kept");
    await nextTurn();
    expect(calls[1]?.text).toBe("kept\n");
  });

  test("tries again when the descriptor is not ready", async () => {
    const attempts: string[] = [];
    const writeBytes = (_fd: number, bytes: Buffer, offset: number, done: Done) => {
      attempts.push(bytes.subarray(offset).toString("utf8"));
      const busy = attempts.length === 1 ? Object.assign(new Error("busy"), { code: "EAGAIN" }) : null;
      done(busy, bytes.length);
    };
    const writer = new BoundedWriter({ fd: 1, limitBytes: 100, writeBytes });
    writer.writeLine("line");
    await writer.flush(5_000);
    expect(attempts).toEqual(["line\n", "line\n"]);
    expect(writer.droppedLines).toBe(0);
  });

  test("any lines come out as they went in, however long they are and however much of them is written at once", async () => {
    const line = fc.string({ unit: fc.constantFrom("a", "é", "→", "\u{1f680}", " "), maxLength: 300 });
    const lines = fc.array(
      fc.oneof(
        line,
        line.map((text) => text.repeat(300)),
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.integer({ min: 1, max: 100_000 })), async (written, portions) => {
        const received: Buffer[] = [];
        let calls = 0;
        const writeBytes = (_fd: number, bytes: Buffer, offset: number, done: Done) => {
          const size = Math.min(bytes.length - offset, portions[calls++ % Math.max(1, portions.length)] ?? Infinity);
          received.push(Buffer.from(bytes.subarray(offset, offset + size)));
          setImmediate(() => done(null, size));
        };
        const writer = new BoundedWriter({ fd: 1, limitBytes: 1e9, writeBytes });
        for (const [i, text] of written.entries()) {
          writer.writeLine(text);
          if (i % 7 === 0) await nextTurn();
        }
        await writer.flush(10_000);
        expect(Buffer.concat(received).toString("utf8")).toBe(written.map((text) => `${text}\n`).join(""));
      }),
      { numRuns: 50 },
    );
  });

  test("gives up flushing at its deadline", async () => {
    const { writeBytes } = slowReader();
    const writer = new BoundedWriter({ fd: 1, limitBytes: 100, writeBytes });
    writer.writeLine("stuck");
    await writer.flush(10);
    expect(writer.droppedLines).toBe(0);
  });

  test("writes UTF-8 to a real file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "headgate-log-"));
    const path = join(folder, "access.log");
    const fd = openSync(path, "w");
    onTestFinished(() => {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    });
    const writer = new BoundedWriter({ fd, limitBytes: 100_000 });
    for (let i = 0; i < 1000; i++) writer.writeLine(`→ ${i}`);
    await writer.flush(10_000);
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(1001);
    expect(writer.droppedLines).toBe(0);
  });
});
