import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "../../../bench/support/processes.ts";
import { untilReady } from "../../../bench/support/until-ready.ts";

const alive = async (): Promise<boolean> => true;

function answering(...statuses: readonly number[]): Server & AsyncDisposable {
  let asked = 0;
  const server = createServer((_request, response) => {
    response.statusCode = statuses[Math.min(asked++, statuses.length - 1)] ?? 500;
    response.end("not yet");
  });
  return Object.assign(server, {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

test("waits for an admin server that opens later than the ports that carry requests", async () => {
  const port = await freePort();
  await using server = answering(200);
  let looks = 0;
  await untilReady(port, {
    deadlineMs: 10_000,
    lookEveryMs: 1,
    alive: async () => {
      looks++;
      if (looks === 2) server.listen(port, "127.0.0.1");
      return true;
    },
  });
  expect(looks).toBeGreaterThanOrEqual(2);
});

test("waits while the answer is that it is not ready", async () => {
  await using server = answering(503, 503, 200);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await untilReady((server.address() as AddressInfo).port, { deadlineMs: 10_000, lookEveryMs: 1, alive });
});

test("gives up at once on a process that has ended", async () => {
  const waiting = untilReady(await freePort(), { deadlineMs: 10_000, lookEveryMs: 1, alive: async () => false });
  await expect(waiting).rejects.toThrow(/^ended before it was ready: .*ECONNREFUSED/);
});

test("says what it saw last when time is over", async () => {
  await using server = answering(503);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const waiting = untilReady((server.address() as AddressInfo).port, { deadlineMs: 20, lookEveryMs: 1, alive });
  await expect(waiting).rejects.toThrow("not ready after 20 ms: 503 not yet");
});
