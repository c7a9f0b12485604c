/** The command line in, one frozen `Config` out. The same table makes `--help` and the reference page. */
export type { Command } from "./flag-entry.ts";
export { FLAGS } from "./flags.ts";
export { formatHelp } from "./help.ts";
export { parseFlags, type Config, type ControllerConfig, type DevConfig } from "./parse-flags.ts";
export type { FlagError } from "./flag-reader.ts";
