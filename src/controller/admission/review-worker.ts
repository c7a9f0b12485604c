import { parentPort } from "node:worker_threads";
import { readReview } from "./read-review.ts";

/** Entry of the thread of `ReviewReader`: texts of reviews in, one after the other, what was read of them out. */
parentPort?.on("message", (bytes: Uint8Array<ArrayBuffer>) => {
  parentPort?.postMessage(readReview(Buffer.from(bytes.buffer).toString("utf8")));
});
