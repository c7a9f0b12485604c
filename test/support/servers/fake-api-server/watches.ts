import type { ServerResponse } from "node:http";
import { statusObject } from "./answers.ts";
import type { FakeObject, LogEntry, ObjectLog } from "./object-log.ts";
import type { FakeResource } from "./resources.ts";
import type { ObjectTest } from "./selectors.ts";

export interface WatchRequest {
  readonly resource: FakeResource;
  readonly namespace: string;
  readonly fromVersion: number;
  readonly test: ObjectTest;
  readonly bookmarks: boolean;
  /** What is sent in the place of an object; null: the object itself. */
  readonly shape: ((object: FakeObject) => FakeObject) | null;
}

/** How a running watch ends. */
export type WatchEnd = "end" | "reset" | "cut-line" | "gone-event" | "error-event" | "garbage";

interface OpenWatch extends WatchRequest {
  readonly response: ServerResponse;
  readonly stop: () => void;
}

/** The watches that are open, and what can be done to them. */
export class Watches {
  readonly #log: ObjectLog;
  readonly #open = new Set<OpenWatch>();
  #silent = false;

  constructor(log: ObjectLog) {
    this.#log = log;
  }

  /** How many watches of a resource are open. */
  count(plural: string): number {
    return [...this.#open].filter((watch) => watch.resource.plural === plural).length;
  }

  add(request: WatchRequest, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const watch: OpenWatch = { ...request, response, stop: this.#log.follow((entry) => this.#send(watch, entry)) };
    this.#open.add(watch);
    response.on("error", () => {});
    response.on("close", () => {
      watch.stop();
      this.#open.delete(watch);
    });
    for (const entry of this.#log.since(request.fromVersion)) this.#send(watch, entry);
  }

  /** Nothing is sent any more on open watches, as on a half-open connection. */
  silence(silent: boolean): void {
    this.#silent = silent;
  }

  sendBookmarks(): void {
    for (const watch of this.#open) {
      if (!watch.bookmarks || this.#silent) continue;
      const { kind } = watch.resource;
      writeEvent(watch.response, "BOOKMARK", {
        kind,
        apiVersion: "v1",
        metadata: { resourceVersion: String(this.#log.version) },
      });
    }
  }

  /** Sends what is in the log from `version` on once more, to everybody: duplicates, and late news of what changed since. */
  replay(version: number): void {
    for (const watch of this.#open) for (const entry of this.#log.since(version)) this.#send(watch, entry);
  }

  /** Sends one old entry of the log again, out of order; `back` counts from the newest. */
  sendLate(back: number): void {
    const entry = this.#log.since(0).at(-1 - back);
    if (entry === undefined) return;
    for (const watch of this.#open) this.#send(watch, entry);
  }

  /** Ends every watch, or every one of a resource. */
  breakAll(how: WatchEnd, plural: string | null = null): void {
    for (const watch of this.#open) {
      if (plural !== null && watch.resource.plural !== plural) continue;
      watch.stop();
      endWatch(watch.response, how);
    }
  }

  /** Ends one watch that asked for too old a version. */
  endGone(response: ServerResponse): void {
    endWatch(response, "gone-event");
  }

  #send(watch: OpenWatch, entry: LogEntry): void {
    if (this.#silent || entry.resource !== watch.resource) return;
    const before = seen(entry.before, watch);
    const after = seen(entry.after, watch);
    const shape = watch.shape ?? ((object: FakeObject) => object);
    if (after !== null) writeEvent(watch.response, before === null ? "ADDED" : "MODIFIED", shape(after));
    else if (before !== null) writeEvent(watch.response, "DELETED", shape(atVersion(before, entry.version)));
  }
}

function seen(object: FakeObject | null, watch: WatchRequest): FakeObject | null {
  if (object === null || !watch.test(object)) return null;
  return watch.namespace === "" || object.metadata.namespace === watch.namespace ? object : null;
}

/** A deletion carries the version of the deletion. */
function atVersion(object: FakeObject, version: number): FakeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function writeEvent(response: ServerResponse, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

function endWatch(response: ServerResponse, how: WatchEnd): void {
  switch (how) {
    case "end":
      response.end();
      break;
    case "reset":
      response.socket?.resetAndDestroy();
      break;
    case "cut-line":
      response.write('{"type":"ADDED","object":{"metadata":{"name":"ha', () => response.socket?.destroy());
      break;
    case "gone-event":
      writeEvent(response, "ERROR", statusObject(410, "too old resource version"));
      response.end();
      break;
    case "error-event":
      writeEvent(response, "ERROR", statusObject(500, "etcdserver: leader changed"));
      response.end();
      break;
    case "garbage":
      response.end('{"type":\n"what"}\n');
      break;
  }
}
