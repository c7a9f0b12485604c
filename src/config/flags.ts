import { DEBUG_FLAGS } from "./debug-flags.ts";
import { DUTY_FLAGS, WEBHOOK_FLAGS } from "./duty-flags.ts";
import type { Command, FlagInfo } from "./flag-entry.ts";
import { MAIN_FLAGS, SHOW_FLAGS } from "./main-flags.ts";
import { METRIC_FLAGS } from "./metric-flags.ts";
import { UNSUPPORTED_FLAGS } from "./unsupported-flags.ts";

/** Every flag of both commands. */
export const FLAGS: readonly FlagInfo[] = [
  ...[MAIN_FLAGS, SHOW_FLAGS, DUTY_FLAGS, WEBHOOK_FLAGS, METRIC_FLAGS, DEBUG_FLAGS].flatMap(
    (table): readonly FlagInfo[] => Object.values(table),
  ),
  ...UNSUPPORTED_FLAGS,
];

export function flagsOf(command: Command): readonly FlagInfo[] {
  return FLAGS.filter((flag) => flag.commands.includes(command));
}
