import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, createSecureContext } from "node:tls";
import type { Rival } from "../rivals/setup.ts";
import { type Instance, Instances, type ProxyContext } from "./instances.ts";
import { residentKb } from "../support/proc.ts";

/** Resident memory of one rival. Kilobytes; null where the measurement failed. */
export interface MemoryResult {
  readonly rival: string;
  readonly startKb: number | null;
  readonly idleKb: number | null;
  readonly idleTlsKb: number | null;
  readonly slowReaderKb: number | null;
}

/** How many connections each figure is the mean of. */
export const MEMORY_COUNTS = { idle: 4000, idleTls: 2000, slowReader: 200 } as const;

const OPEN_AT_ONCE = 50;
const OPEN_DEADLINE_MS = 10_000;
/** Time for buffers to fill, for garbage to be collected, and for memory to be touched that will be. */
const SETTLE_MS = 2_000;
const START_SETTLE_MS = 1_000;

type Figure = (instance: Instance) => Promise<number>;

/**
 * Memory at start, then what connections add: idle after one request, the same over TLS, and readers that never read. Each figure is
 * taken on a fresh process, so that none finds memory that another one left free.
 */
export async function measureMemory(
  rival: Rival,
  surroundings: ProxyContext,
  say: (line: string) => void,
): Promise<MemoryResult> {
  const attempt = async (figure: Figure): Promise<number | null> => {
    try {
      await using instances = new Instances(surroundings);
      return await figure(await instances.get(rival, "plain"));
    } catch (error) {
      say(`${rival.name}, memory: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  const { idle, idleTls, slowReader } = MEMORY_COUNTS;
  return {
    rival: rival.name,
    startKb: await attempt(measureStart),
    idleKb: await attempt((instance) => measurePer(instance, idle, () => openIdle(plain(instance), instance))),
    idleTlsKb: await attempt((instance) => measurePer(instance, idleTls, () => openIdle(overTls(instance), instance))),
    slowReaderKb: await attempt((instance) => measurePer(instance, slowReader, () => openSlowReader(instance))),
  };
}

async function measureStart({ running }: Instance): Promise<number> {
  await sleep(START_SETTLE_MS);
  return residentKb(running.pid);
}

/** Opens so many connections and divides what memory grew by. A tenth of them are opened and closed before, to warm up. */
async function measurePer(instance: Instance, count: number, open: () => Promise<Socket>): Promise<number> {
  closeAll(await openMany(Math.ceil(count / 10), open));
  await sleep(SETTLE_MS);
  const before = residentKb(instance.running.pid);
  const sockets = await openMany(count, open);
  await sleep(SETTLE_MS);
  const after = residentKb(instance.running.pid);
  closeAll(sockets);
  return (after - before) / count;
}

async function openMany(count: number, open: () => Promise<Socket>): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  try {
    while (sockets.length < count) {
      sockets.push(
        ...(await Promise.all(Array.from({ length: Math.min(OPEN_AT_ONCE, count - sockets.length) }, open))),
      );
    }
    return sockets;
  } catch (error) {
    closeAll(sockets);
    throw error;
  }
}

function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

function plain({ setup }: Instance): Socket {
  return connect(setup.httpPort, "127.0.0.1");
}

const secureContext = createSecureContext();

function overTls({ setup }: Instance): Socket {
  const common = { host: "127.0.0.1", port: setup.httpsPort, servername: "localhost" };
  return connectTls({ ...common, secureContext, rejectUnauthorized: false });
}

/** A connection that has had one answer and waits. */
async function openIdle(socket: Socket, { setup }: Instance): Promise<Socket> {
  socket.on("error", () => {});
  const answered = once(socket, "data", { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) });
  socket.write(`GET /small HTTP/1.1\r\nHost: localhost:${setup.httpPort}\r\n\r\n`);
  await answered;
  return socket;
}

/** A connection that asked for a large answer, got its beginning, and reads no more. */
async function openSlowReader(instance: Instance): Promise<Socket> {
  const socket = plain(instance);
  socket.on("error", () => {});
  const begun = once(socket, "readable", { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) });
  socket.write(`GET /big HTTP/1.1\r\nHost: localhost:${instance.setup.httpPort}\r\n\r\n`);
  await begun;
  return socket;
}
