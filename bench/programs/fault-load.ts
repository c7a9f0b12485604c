import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hostOf } from "../scale/objects.ts";
import type { FaultLoadReport } from "../faults/fault-load.ts";

/**
 * Requests at a steady rate, each client on a connection of its own that it opens anew as soon as it breaks. Tells its parent what
 * happened on every message, and counts anew.
 */
const [port = 0, hosts = 1, rate = 500] = process.argv.slice(2).map(Number);
const CLIENTS = 16;
const AGAIN_MS = 1;

type Answer = "kept" | "closing" | "lost";

let [requests, lost, wrong] = [0, 0, 0];
let answerMillis: number[] = [];
let outageMillis: number[] = [];

process.on("message", () => {
  const report: FaultLoadReport = { requests, lost, wrong, answerMillis, outageMillis };
  process.send?.(report);
  [requests, lost, wrong, answerMillis, outageMillis] = [0, 0, 0, [], []];
});
process.on("disconnect", () => process.exit(0));
for (let i = 0; i < CLIENTS; i++) void serveForever(i);

/** One connection after the other. */
async function serveForever(client: number): Promise<void> {
  let turn = client;
  const nextHost = (): string => hostOf((turn += CLIENTS) % hosts);
  for (let brokenAtMs = 0; ;) {
    const socket = await open();
    if (socket !== null) {
      brokenAtMs = await useUp(socket, nextHost, brokenAtMs);
      socket.destroy();
    }
    if (brokenAtMs === 0) brokenAtMs = performance.now();
    await sleep(AGAIN_MS);
  }
}

/** Requests until the connection ends. Resolves with the time since which this client is without an answer; 0 where it lacks none. */
async function useUp(socket: Socket, nextHost: () => string, brokenAtMs: number): Promise<number> {
  const pauseMs = (1000 * CLIENTS) / rate;
  for (let sinceMs = brokenAtMs; ; sinceMs = 0) {
    const startMs = performance.now();
    if (socket.destroyed || socket.readableEnded) return sinceMs;
    const answer = await ask(socket, nextHost());
    if (answer === "lost") {
      lost++;
      return sinceMs > 0 ? sinceMs : startMs;
    }
    requests++;
    if (sinceMs > 0) outageMillis.push(performance.now() - sinceMs);
    else answerMillis.push(performance.now() - startMs);
    if (answer === "closing") return 0;
    await sleep(Math.max(0, pauseMs - (performance.now() - startMs)));
  }
}

function open(): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", () => resolve(null)).once("connect", () => resolve(socket));
    // Flowing, so that an end is noticed also between requests.
    socket.on("data", () => {});
  });
}

function ask(socket: Socket, host: string): Promise<Answer> {
  return new Promise((resolve) => {
    const onClose = (): void => resolve("lost");
    socket.once("close", onClose);
    socket.once("data", (bytes: Buffer) => {
      socket.off("close", onClose);
      const answer = bytes.toString("latin1");
      if (!answer.startsWith("HTTP/1.1 200 ")) wrong++;
      resolve(/\r\nconnection: close\r\n/i.test(answer) ? "closing" : "kept");
    });
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });
}
