import { parentPort, workerData } from "node:worker_threads";
import { runDataPlane } from "./data-plane.ts";
import type { WorkerBoot } from "./messages.ts";

/** Entry of a worker thread. */
if (parentPort !== null) await runDataPlane(workerData as WorkerBoot, parentPort);
