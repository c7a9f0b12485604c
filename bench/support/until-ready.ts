import { setTimeout as sleep } from "node:timers/promises";

/** Above what any answer takes, so that one which never comes does not use up the whole time. */
const ANSWER_DEADLINE_MS = 5_000;

export interface Readiness {
  readonly deadlineMs: number;
  readonly lookEveryMs: number;
  /** Asked between two looks: it is no use to wait for a process that has ended. */
  readonly alive: () => Promise<boolean>;
}

/**
 * Resolves when `/readyz` answers with 2xx. A refused connection is nothing special: the admin server opens after the ports that
 * carry requests. Rejects, with the last thing seen, when the process has ended or time is over.
 */
export async function untilReady(adminPort: number, { deadlineMs, lookEveryMs, alive }: Readiness): Promise<void> {
  const url = `http://127.0.0.1:${adminPort}/readyz`;
  const deadline = AbortSignal.timeout(deadlineMs);
  for (;;) {
    const seen = await look(url);
    if (seen === "ready") return;
    if (deadline.aborted) throw new Error(`not ready after ${deadlineMs} ms: ${seen}`);
    if (!(await alive())) throw new Error(`ended before it was ready: ${seen}`);
    await sleep(lookEveryMs);
  }
}

async function look(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
    const text = await response.text();
    return response.ok ? "ready" : `${response.status} ${text.trim()}`;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    return error.cause instanceof Error ? error.cause.message : error.message;
  }
}
