import type { Logger } from "../lib/logger.ts";

/** The events of `process` that mean a bug of ours. */
export interface CrashSource {
  on(event: "uncaughtException" | "unhandledRejection", listener: (error: unknown) => void): unknown;
}

/**
 * An exception that nobody caught is a bug: nothing is known about the state after it. It is logged, and the process ends with
 * exit code 1, so that whatever supervises it starts a clean one.
 */
export function exitOnCrash(source: CrashSource, logger: Logger, exit: () => void): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    source.on(event, (error) => {
      logger.error({ err: error }, "an unexpected error: exiting");
      exit();
    });
  }
}
