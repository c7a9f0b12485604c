import { once } from "node:events";
import { connect } from "node:net";

/** How a worker can be made to die. */
export const DEATHS = ["throw", "out of memory", "exit"] as const;

export type Death = (typeof DEATHS)[number];

/** What Headgate, started with `programs/fault-hook.ts`, can be told to do. */
export type FaultOrder =
  | { readonly kind: Death; readonly millis: 0 }
  /** The main thread does nothing else for so long. */
  | { readonly kind: "stall"; readonly millis: number };

const DEADLINE_MS = 30_000;

/** Resolves when the order was given; for a stall when it is over. */
export async function order(port: number, fault: FaultOrder): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write(JSON.stringify(fault));
  socket.resume();
  await once(socket, "end", { signal: AbortSignal.timeout(DEADLINE_MS) });
  socket.destroy();
}
