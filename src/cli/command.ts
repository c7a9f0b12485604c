import type { Environment } from "./console.ts";

/** One word behind `headgate`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Runs with the arguments behind the command's name; resolves with the exit code. */
  readonly run: (args: readonly string[], environment: Environment) => Promise<number>;
}
