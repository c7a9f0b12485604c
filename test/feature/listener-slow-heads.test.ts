import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { DataPlaneSettings } from "../../src/model/settings.ts";
import { TimerWheel } from "../../src/wire/wire.ts";
import { FakeClock } from "../support/waiting/fake-clock.ts";
import { describeRequest, openTestListener } from "../support/servers/listener-setup.ts";
import { get } from "../support/clients/raw-client.ts";
import { manyTurns, untilTrue } from "../support/waiting/waiting.ts";

const SLOW_HEAD = "GET / HTTP/1.1\r\nHost: a.test\r\nX-Slow: ";
/** What Node's own objects for a socket cost is in it. */
const COST_LIMIT_BYTES = 6_000;
const CONNECTIONS = 1_000;

/** A listener with the settings of a new installation, and time that moves by `pass` only. */
async function setUp(name: "http" | "https", settings: Partial<DataPlaneSettings>) {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock, 100);
  const setup = await openTestListener(name, describeRequest, { settings, deps: { wheel, clock } });
  return {
    setup,
    pass: (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 100) {
        clock.advance(100);
        wheel.tick();
      }
    },
    async [Symbol.asyncDispose]() {
      await setup[Symbol.asyncDispose]();
      wheel.close();
    },
  };
}

async function openSlowClient(name: "http" | "https", port: number): Promise<{ socket: Socket; received: string }> {
  const socket =
    name === "http" ? connect(port, "127.0.0.1") : connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  const client = { socket, received: "" };
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => (client.received += chunk.toString("latin1")));
  await once(socket, name === "http" ? "connect" : "secureConnect");
  socket.write(SLOW_HEAD, "latin1");
  return client;
}

test.each([
  ["http", 10_000, {}],
  ["https", 10_000, {}],
  ["http", 60_000, { clientHeaderTimeoutMs: 60_000 }],
] as const)("DS-01 on %s a head that trickles is cut after %i ms with settings %j", async (name, limitMs, settings) => {
  await using bench = await setUp(name, settings);
  const client = await openSlowClient(name, bench.setup.port);
  await manyTurns();
  for (let passedMs = 0; passedMs < limitMs - 1_000; passedMs += 1_000) {
    client.socket.write("x");
    await manyTurns(20);
    bench.pass(1_000);
    expect(client.received).toBe("");
  }
  bench.pass(1_500);
  await untilTrue(() => client.received.endsWith("head-timeout\n"));
  expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
  expect(bench.setup.acceptor.refusals).toMatchObject([{ status: 408, code: "head-timeout" }]);
  client.socket.destroy();
});

/** Clients in a thread of their own, so that their objects are not in our heap. */
const CLIENTS = `
  const { connect } = require("node:net");
  const { parentPort, workerData: { port, head, count } } = require("node:worker_threads");
  let sent = 0;
  const onSent = () => ++sent === count && parentPort.postMessage("sent");
  for (let i = 0; i < count; i++) connect(port, "127.0.0.1").on("error", () => {}).write(head, onSent);
`;

test("a thousand slow heads cost 6 KB each at most", async () => {
  await using bench = await setUp("http", {});
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const usedBytes = (): number => {
    collect();
    const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
    return heap + external;
  };
  const { port, listener } = bench.setup;
  const fields = Array.from({ length: 8 }, (_, i) => `X-Header-${i}: value-${i}\r\n`).join("");
  const head = `GET / HTTP/1.1\r\nHost: a.test\r\n${fields}X-Slow: `;
  const openAll = async (count: number): Promise<Worker> => {
    const clients = new Worker(CLIENTS, { eval: true, workerData: { port, head, count } });
    await once(clients, "message");
    await untilTrue(() => listener.connections === count);
    // Who comes later is read later: afterwards all that the clients sent was read.
    for (let i = 0; i < 5; i++) await get({ port }, "a.test", "/");
    await untilTrue(() => listener.connections === count);
    return clients;
  };
  // What is made once is made before.
  const first = await openAll(50);
  await first.terminate();
  await untilTrue(() => listener.connections === 0);
  const before = usedBytes();
  const clients = await openAll(CONNECTIONS);
  const bytesEach = (usedBytes() - before) / CONNECTIONS;
  await clients.terminate();
  expect(bytesEach).toBeLessThan(COST_LIMIT_BYTES);
  expect(bytesEach).toBeGreaterThan(1_000);
});
