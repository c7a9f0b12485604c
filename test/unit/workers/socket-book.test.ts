import { describe, expect, test } from "vitest";
import type { SocketReport } from "../../../src/model/socket.ts";
import { SocketBook } from "../../../src/workers/socket-book.ts";
import { buildSocket, LOOPBACK_PLAN } from "../../support/builders/socket-plan.ts";

/** The third socket is wanted, at this port. */
function want(book: SocketBook, port: number): void {
  book.apply({ version: 1, sockets: new Map([["third", buildSocket("third", { port })]]) });
}

/** A book of two workers that opened the two sockets of the start. */
function openBook(): { book: SocketBook; reports: SocketReport[] } {
  const reports: SocketReport[] = [];
  const book = new SocketBook(LOOPBACK_PLAN.sockets, (report) => void reports.push(report));
  for (const worker of [2, 3])
    book.join(worker, [
      ["http", 1080],
      ["https", 1443],
    ] as const);
  reports.length = 0;
  return { book, reports };
}

function say(state: SocketReport["state"], port = 0, reason = ""): SocketReport {
  return { socket: "third", state, port, reason, version: 1 };
}

function portsOf(book: SocketBook, worker: number): readonly string[] {
  return book.planOf(worker).sockets.map(({ id, port }) => `${id}:${port}`);
}

describe("the book of sockets", () => {
  test("has workers that come later bind the port that the first one was given", () => {
    const { book } = openBook();
    expect(book.neededPlan.sockets.map(({ port }) => port)).toEqual([1080, 1443]);
  });

  test("lets one worker find a port and then tells the others", () => {
    const { book, reports } = openBook();
    want(book, 0);
    expect([portsOf(book, 2), portsOf(book, 3)]).toEqual([
      ["http:1080", "https:1443", "third:0"],
      ["http:1080", "https:1443"],
    ]);
    expect(book.take(2, say("bound", 4711))).toBe(true);
    expect(portsOf(book, 3)).toContain("third:4711");
    expect(reports).toEqual([]);
    expect(book.take(3, say("bound", 4711))).toBe(false);
    expect(reports).toEqual([say("bound", 4711)]);
  });

  test("has another worker find a port when the first one is gone before it did", () => {
    const { book } = openBook();
    want(book, 0);
    expect(book.leave(2)).toBe(true);
    expect(portsOf(book, 3)).toContain("third:0");
  });

  test("reports what fails in one worker, and that it is bound when it is in all", () => {
    const { book, reports } = openBook();
    want(book, 99);
    book.take(2, say("bound", 99));
    book.take(3, say("failed", 0, "taken"));
    book.take(3, say("failed", 0, "taken"));
    book.take(3, say("bound", 99));
    expect(reports).toEqual([say("failed", 0, "taken"), say("bound", 99)]);
  });

  test("reports a socket closed when the last worker has closed it", () => {
    const { book, reports } = openBook();
    want(book, 99);
    for (const worker of [2, 3]) book.take(worker, say("bound", 99));
    book.apply({ version: 2, sockets: new Map([["third", null]]) });
    book.take(2, say("closed"));
    expect(reports.map(({ state }) => state)).toEqual(["bound"]);
    book.leave(3);
    expect(reports.map(({ state, version }) => [state, version])).toEqual([
      ["bound", 1],
      ["closed", 2],
    ]);
  });

  test("waits for no worker that is gone", () => {
    const { book, reports } = openBook();
    want(book, 99);
    book.take(2, say("bound", 99));
    book.leave(3);
    expect(reports).toEqual([say("bound", 99)]);
  });

  test("needs of a new worker only what was there at the start and still is", () => {
    const { book } = openBook();
    want(book, 99);
    book.apply({ version: 2, sockets: new Map([["https", null]]) });
    expect(book.neededPlan.sockets.map(({ id }) => id)).toEqual(["http"]);
  });
});
