/** One line of the summary of `strace -c`. */
export interface SyscallCount {
  readonly name: string;
  readonly calls: number;
}

/** The table that `strace -c` prints at its end, most calls first. Columns: % time, seconds, usecs/call, calls, [errors], name. */
export function parseStraceSummary(output: string): readonly SyscallCount[] {
  return output
    .split("\n")
    .flatMap((line) => {
      const found = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)\s*$/.exec(line);
      const [, calls, name] = found ?? [];
      return calls === undefined || name === undefined || name === "total" ? [] : [{ name, calls: Number(calls) }];
    })
    .toSorted((a, b) => b.calls - a.calls);
}
