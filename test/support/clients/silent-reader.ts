import { parentPort } from "node:worker_threads";

/** In the place of the webhook's thread: it hears everything, and ends when it is told `die`. */
parentPort?.on("message", (bytes: Uint8Array) => {
  if (Buffer.from(bytes).includes("die")) process.exit(1);
});
