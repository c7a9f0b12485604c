import { startCpuProfile } from "node:v8";
import { type DebugSources, openDebug, type PageServer } from "../admin/admin.ts";
import type { ControllerConfig } from "../config/config.ts";
import type { Logger } from "../lib/logger.ts";
import type { Workers } from "../workers/workers.ts";

/** Where the debug pages are; null for nowhere. */
export type DebugPlace = ControllerConfig["debug"];

const MAIN = "main";

/**
 * Opens the debug pages. On the host's network, another controller may have their port: no reason not to start, so null comes back,
 * after a warning.
 */
export async function openDebugPages(place: DebugPlace, workers: Workers, logger: Logger): Promise<PageServer | null> {
  if (place === null) return null;
  try {
    const server = await openDebug({ ...place, logger }, sourcesOf(workers));
    logger.info({ address: place.address, port: server.port }, "debug pages at /debug/");
    return server;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ reason }, "there are no debug pages; --profiler-port chooses another port for them");
    return null;
  }
}

function sourcesOf(workers: Workers): DebugSources {
  return {
    model: () => workers.model,
    threads: () => [MAIN, ...[...workers.loads.keys()].map(String)],
    profile: async (thread) => (thread === MAIN ? startCpuProfile() : await workers.startCpuProfile(Number(thread))),
  };
}
