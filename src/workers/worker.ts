import { hostname } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../lib/clock.ts";
import { runDataPlane } from "./data-plane.ts";
import type { WorkerBoot } from "./messages.ts";

/** Entry of a worker thread: the place where it takes time, chance and the facts of its process from the system. */
if (parentPort !== null) {
  await runDataPlane(workerData as WorkerBoot, parentPort, {
    clock: systemClock,
    random: Math.random,
    processId: process.pid,
    hostname: hostname(),
    onUncaught: (handle) => void process.on("uncaughtException", handle),
  });
}
