import { openHeadgate, type Headgate, type Parts } from "./compose.ts";
import { runUntilSignal, type SignalSource } from "./shutdown.ts";

export interface RunOptions {
  readonly signals: SignalSource;
  readonly graceMs: number;
  readonly drainLimitMs: number;
  /** Called once the ports are open; requests are answered 503 until the first configuration is there. */
  readonly onListening: (headgate: Headgate) => void;
  /** Called once the first configuration is served. */
  readonly onServing: (headgate: Headgate) => void;
}

const START_ERROR = 1;

/** Opens Headgate and keeps it running until a signal; resolves with the exit code. */
export async function run(parts: Parts, options: RunOptions): Promise<number> {
  const headgate = await open(parts);
  if (headgate === null) return START_ERROR;
  options.onListening(headgate);
  const stopping = new AbortController();
  headgate.whenSynced(stopping.signal).then(
    () => options.onServing(headgate),
    () => {},
  );
  return runUntilSignal(options.signals, parts.logger, {
    failHealth: () => headgate.failHealth(),
    graceMs: options.graceMs,
    drain: (limitMs) => headgate.drain(limitMs),
    drainLimitMs: options.drainLimitMs,
    stop: () => {
      stopping.abort();
      return headgate.stop();
    },
  });
}

/** Null, and one line in the log, when a port is taken or may not be bound: no reason for a stack trace. */
async function open(parts: Parts): Promise<Headgate | null> {
  try {
    return await openHeadgate(parts);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    parts.logger.error({}, `could not start: ${message}`);
    parts.logger.debug({ err: error }, "where it failed");
    return null;
  }
}
