import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { runCli } from "./cli/cli.ts";
import { openOutput } from "./cli/console.ts";
import { exitOnCrash } from "./cli/crash.ts";
import { systemClock } from "./lib/clock.ts";
import { openJsonLogger } from "./observability/observability.ts";

const FLUSH_DEADLINE_MS = 1_000;

const stdout = openOutput(1);
const stderr = openOutput(2);
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

// The signal would open an inspector, where anybody on this machine may run code in the process.
process.on("SIGUSR1", () => {});
exitOnCrash(process, openJsonLogger("error", stderr, systemClock), {
  flushed: () => void exit(1),
  now: () => process.exit(1),
});
const code = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  version,
  terminalColumns: isatty(1) ? (process.stdout.columns ?? 0) : 0,
  signals: process,
  stdout,
  stderr,
});
await exit(code);

/** Ends the process even where something is still open, once the last lines are out. */
async function exit(exitCode: number): Promise<void> {
  await Promise.all([stdout.flush(FLUSH_DEADLINE_MS), stderr.flush(FLUSH_DEADLINE_MS)]);
  process.exit(exitCode);
}
