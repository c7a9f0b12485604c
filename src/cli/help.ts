import type { Command } from "./command.ts";

/** The commands, one a line. */
export function showUsage(commands: readonly Command[]): readonly string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "Usage: headgate COMMAND [OPTION…]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "headgate help COMMAND lists the options of a command.",
  ];
}
