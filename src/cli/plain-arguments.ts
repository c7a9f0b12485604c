import { nearestName } from "../lib/nearest-name.ts";
import { printable } from "../lib/printable.ts";
import { type Read, USAGE_ERROR } from "./command.ts";
import type { Environment } from "./console.ts";

/** A command without options of its own. */
interface PlainUsage {
  readonly name: string;
  /** What `--help` prints. */
  readonly help: readonly string[];
  /** Words that may follow, one at most; none: nothing may. */
  readonly words: readonly string[];
}

const HELP_FLAGS: readonly string[] = ["--help", "-h"];

/** Reads the arguments of such a command: at most one of its words, or `--help`. */
export function readPlain(
  { name, help, words }: PlainUsage,
  args: readonly string[],
  { stdout, stderr }: Environment,
): Read<string | null> {
  if (args.some((arg) => HELP_FLAGS.includes(arg))) {
    for (const line of help) stdout.writeLine(line);
    return { kind: "exit", code: 0 };
  }
  const [word = null, ...rest] = args;
  const strays = word === null || words.includes(word) ? rest : args;
  for (const stray of strays) {
    const nearest = nearestName(stray, [...HELP_FLAGS, ...words]);
    const hint = nearest === null ? `see headgate ${name} --help` : `did you mean ${nearest}?`;
    stderr.writeLine(`headgate ${name}: ${printable(stray)}: unknown argument; ${hint}`);
  }
  return strays.length > 0 ? { kind: "exit", code: USAGE_ERROR } : { kind: "run", input: word };
}
