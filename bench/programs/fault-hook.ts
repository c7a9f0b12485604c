import { once } from "node:events";
import { createServer } from "node:net";
import { BroadcastChannel, isMainThread, workerData } from "node:worker_threads";
import type { Death, FaultOrder } from "../faults/orders.ts";

/**
 * Loaded into Headgate with `--import`, which reaches every thread: makes what is otherwise waited for for years happen on order. The
 * main thread takes orders, one a line, on the port of the environment's HEADGATE_FAULT_PORT.
 */
const channel = new BroadcastChannel("headgate-faults");
channel.unref();
if (isMainThread) await takeOrders(Number(process.env["HEADGATE_FAULT_PORT"]));
else obey((workerData as { readonly id: number }).id);

/** The oldest worker is the one that dies: the youngest may be the spare one. */
async function takeOrders(port: number): Promise<void> {
  const workers = new Set<number>();
  channel.onmessage = (event: unknown) => void workers.add((event as { data: number }).data);
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (line: Buffer) => {
      const { kind, millis } = JSON.parse(line.toString()) as FaultOrder;
      if (kind === "stall") {
        const endMs = performance.now() + millis;
        while (performance.now() < endMs);
      } else {
        const victim = Math.min(...workers);
        workers.delete(victim);
        channel.postMessage({ victim, kind });
      }
      socket.end("done\n");
    });
  });
  server.unref().listen(port, "127.0.0.1");
  await once(server, "listening");
}

function obey(id: number): void {
  channel.postMessage(id);
  channel.onmessage = (event: unknown) => {
    const { victim, kind } = (event as { data: { readonly victim?: number; readonly kind: Death } }).data;
    if (victim === id) DIE[kind]();
  };
}

/** Copied as one block of numbers: anything else keeps the collector busy for seconds before it gives up. */
const PATTERN: readonly number[] = Array.from({ length: 100_000 }, (_, i) => i + 0.5);

const DIE = {
  throw: () => {
    setImmediate(() => {
      throw new Error("ordered by the benchmark");
    });
  },
  exit: () => process.exit(1),
  "out of memory": () => {
    const kept: (readonly number[])[] = [];
    const grow = (): void => {
      for (let i = 0; i < 20; i++) kept.push(PATTERN.slice());
      setImmediate(grow);
    };
    grow();
  },
} satisfies Record<Death, () => void>;
