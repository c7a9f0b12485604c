import { DEBUG_FLAGS } from "./debug-flags.ts";
import { DUTY_FLAGS } from "./duty-flags.ts";
import type { Command, FlagEntry } from "./flag-entry.ts";
import { HONOURED_FLAGS } from "./honoured-flags.ts";
import { METRIC_FLAGS } from "./metric-flags.ts";
import { UNHONOURED_FLAGS } from "./unhonoured-flags.ts";

/** Every flag of both commands. */
export const FLAGS: readonly FlagEntry[] = [
  ...HONOURED_FLAGS,
  ...DUTY_FLAGS,
  ...METRIC_FLAGS,
  ...DEBUG_FLAGS,
  ...UNHONOURED_FLAGS,
];

export function flagsOf(command: Command): readonly FlagEntry[] {
  return FLAGS.filter((flag) => flag.commands.includes(command));
}
