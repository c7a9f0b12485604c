import { enableCompileCache } from "node:module";
import { BroadcastChannel, workerData } from "node:worker_threads";
import type { WorkerBoot } from "../../../src/workers/messages.ts";

/** The real worker, which can also be told to die. */
export type Death = "throw" | "exit" | "out-of-memory";

/** Copied as one block: objects made one by one keep the collector busy for seconds before it gives up. */
const PATTERN: readonly number[] = Array.from({ length: 10_000 }, (_, i) => i);

const DEATHS: Readonly<Record<Death, () => void>> = {
  throw: () => {
    setImmediate(() => {
      throw new Error("thrown by a test");
    });
  },
  exit: () => process.exit(1),
  "out-of-memory": () => {
    const kept: (readonly number[])[] = [];
    const grow = (): void => {
      for (let i = 0; i < 100; i++) kept.push(PATTERN.slice());
      setImmediate(grow);
    };
    grow();
  },
};

const { id } = workerData as WorkerBoot;
const channel = new BroadcastChannel("mortal-workers");
channel.onmessage = (event) => {
  const order = (event as { data: { id: number; death: Death } }).data;
  if (order.id === id) DEATHS[order.death]();
};
channel.unref();
// From source a worker takes a second and more to start on a busy machine; most of that is compiling.
enableCompileCache();
await import("../../../src/workers/worker.ts");
