import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Parts of scenario ids or titles; empty for all. */
  readonly only: readonly string[];
  /** Names; empty for all. */
  readonly rivals: readonly string[];
  readonly memory: "measure" | "skip";
  /** Counts system calls instead of time. */
  readonly mode: "time" | "syscalls";
  readonly nodeOptions: readonly string[];
  /** Folder for `results.md`, `results.svg` and `results.json`. */
  readonly outputFolder: string;
}

const BENCH = resolve(import.meta.dirname, "..");

/** What the command line asks for; the help text when it asks for help. Throws on what it does not know. */
export function parseOptions(args: readonly string[]): BenchOptions | string {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return HELP;
  const [only, rivals] = [listOf(values.only), listOf(values.rivals)];
  const partial = only.length > 0 || rivals.length > 0 || values.syscalls;
  return {
    rounds: positiveInteger("rounds", values.rounds),
    seconds: positiveInteger("seconds", values.seconds),
    only,
    rivals,
    memory: values["no-memory"] || (only.length > 0 && !only.includes("memory")) ? "skip" : "measure",
    mode: values.syscalls ? "syscalls" : "time",
    nodeOptions: values["node-options"].split(" ").filter((option) => option !== ""),
    outputFolder: values.output ?? (partial ? resolve(BENCH, "../.headgate/bench") : BENCH),
  };
}

const OPTIONS = {
  rounds: { type: "string", default: "7" },
  seconds: { type: "string", default: "1" },
  only: { type: "string", default: "" },
  rivals: { type: "string", default: "" },
  "no-memory": { type: "boolean", default: false },
  syscalls: { type: "boolean", default: false },
  "node-options": { type: "string", default: "" },
  output: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const HELP = `Measures Headgate beside nginx, HAProxy, Caddy, http-proxy and http-proxy-3.

Usage: npm run bench -- [options]

  --rounds N            interleaved rounds after one to warm up (7)
  --seconds S           whole seconds of one measurement (1)
  --only A,B            only scenarios whose id or title holds one of these; "memory" is one
  --rivals A,B          only these
  --no-memory           without the memory measurements
  --syscalls            counts system calls per request with strace instead of measuring time
  --node-options="…"    for the Node of Headgate, such as --cpu-prof
  --output FOLDER       where results.md, results.svg and results.json go: bench/ after a whole
                        run, .headgate/bench/ after one with --only or --rivals
  -h, --help            prints this text
`;

function listOf(text: string): readonly string[] {
  return text.split(",").filter((part) => part !== "");
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number above 0, not "${text}"`);
  return value;
}
