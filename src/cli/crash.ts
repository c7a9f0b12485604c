import type { Logger } from "../lib/logger.ts";

/** The events of `process` that mean a bug of ours. */
export interface CrashSource {
  on(event: "uncaughtException" | "unhandledRejection", listener: (error: unknown) => void): unknown;
}

/** How the process ends. */
export interface CrashExits {
  /** Writes out what was logged, at most for a while, then ends. */
  readonly flushed: () => void;
  /** Ends at once, with exit code 1. */
  readonly now: () => void;
}

/**
 * An uncaught exception is a bug: nothing is known about the state after it. The first one is logged, and the process ends
 * with exit code 1, so that whatever supervises it starts a clean one. One that comes while it ends, be it that logging it or
 * ending fails, ends it at once: nothing here is ever done twice.
 */
export function exitOnCrash(source: CrashSource, logger: Logger, exits: CrashExits): void {
  let crashes = 0;
  const onCrash = (error: unknown): void => {
    crashes++;
    if (crashes > 1) {
      exits.now();
      return;
    }
    try {
      logger.error({ err: error }, "an unexpected error: exiting");
      exits.flushed();
    } catch {
      exits.now();
    }
  };
  source.on("uncaughtException", onCrash);
  source.on("unhandledRejection", onCrash);
}
