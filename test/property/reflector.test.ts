import fc from "fast-check";
import { test } from "vitest";
import { openApiSourceHarness, type ApiSourceHarness } from "../support/servers/api-source-harness.ts";
import type { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";
import type { Fault, FakeVerb } from "../support/servers/fake-api-server/faults.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import type { WatchEnd } from "../support/servers/fake-api-server/watches.ts";
import { untilTrue } from "../support/waiting/waiting.ts";

type Step = (server: FakeApiServer) => void;

const names = fc.constantFrom("a", "b", "c", "d", "e");
const verbs = fc.constantFrom<FakeVerb>("list", "watch");
const ends = fc.constantFrom<WatchEnd>("end", "reset", "cut-line", "gone-event", "error-event", "garbage");
const faults = fc.constantFrom<Fault>(
  { kind: "status", status: 500 },
  { kind: "status", status: 410 },
  { kind: "status", status: 401 },
  { kind: "status", status: 429, retryAfterSeconds: 0 },
  { kind: "reset" },
  { kind: "truncate", bytes: 40 },
  { kind: "trickle", bytes: 7 },
  { kind: "hang" },
);

/** What can happen to a server and to the way to it, each with a text for the report of a failure. */
const steps: fc.Arbitrary<readonly [string, Step]> = fc.oneof(
  fc
    .tuple(names, fc.nat(9999))
    .map(([name, port]): [string, Step] => [`put ${name} ${port}`, (server) => put(server, name, port)]),
  names.map((name): [string, Step] => [`delete ${name}`, (server) => server.delete("Service", "shop", name)]),
  ends.map((end): [string, Step] => [`break ${end}`, (server) => server.watches.breakAll(end)]),
  fc
    .tuple(verbs, faults)
    .map(([verb, fault]): [string, Step] => [
      `${verb} ${JSON.stringify(fault)}`,
      (server) => server.faults.next(verb, fault, "services"),
    ]),
  fc
    .nat(30)
    .map((back): [string, Step] => [`replay ${back}`, (server) => server.watches.replay(server.log.version - back)]),
  fc.nat(12).map((back): [string, Step] => [`late ${back}`, (server) => server.watches.sendLate(back)]),
  fc.constant<[string, Step]>(["compact", (server) => server.log.compact()]),
  fc.constant<[string, Step]>(["bookmarks", (server) => server.watches.sendBookmarks()]),
  fc.constant<[string, Step]>(["expire pages", (server) => server.pages.expire()]),
  fc.constant<[string, Step]>(["gone by status", (server) => void (server.goneAs = "status")]),
);

test(
  "any sequence of resets, 410s, 500s, duplicated and late events ends in the server's state",
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), steps), { minLength: 1, maxLength: 25 }), async (sequence) => {
        await using harness = await openApiSourceHarness(
          {
            timing: {
              requestMs: 250,
              watchIdleMs: 500,
              refreshMs: 60_000,
              missingMs: 60_000,
              refusedGraceMs: 0,
              backOffFirstMs: 1,
              backOffMaxMs: 4,
            },
          },
          (server) => {
            server.pages.largestPage = 2;
            for (const name of ["a", "b", "c"]) put(server, name, 1);
          },
        );
        for (const [settled, [, step]] of sequence) {
          if (settled) await settle(harness);
          step(harness.server);
        }
        harness.server.faults.clear();
        await settle(harness);
        // What was sent before this has been heard once this is heard.
        put(harness.server, "z", 1);
        await harness.listener.until(
          () => isSame(harness),
          `agreement after ${sequence.map(([, [text]]) => text).join(", ")}`,
        );
      }),
      { numRuns: 60 },
    );
  },
);

/** Until both agree and the watch is open, so that what follows travels over it. */
async function settle({ server, listener }: Pick<ApiSourceHarness, "server" | "listener">): Promise<void> {
  await untilTrue(() => isSame({ server, listener }) && server.watches.count("services") > 0);
}

function put(server: FakeApiServer, name: string, port: number): void {
  server.put({ kind: "Service", metadata: { name, namespace: "shop" }, spec: { ports: [{ port: 1 + port }] } });
}

function isSame({ server, listener }: Pick<ApiSourceHarness, "server" | "listener">): boolean {
  const truth = server.log
    .list(resourceOfKind("Service"), "")
    .map((object) => `${object.metadata.name}@${object.metadata.resourceVersion}`);
  const heard = [...listener.objects.values()]
    .filter((object) => object.kind === "Service")
    .map((object) => `${object.meta.name}@${object.meta.resourceVersion}`);
  return listener.syncedKinds.has("Service") && truth.join() === heard.sort().join();
}
