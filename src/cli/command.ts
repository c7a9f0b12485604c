import type { Environment } from "./console.ts";

/** What a command's arguments say: something to do, or an exit code because everything there was to say has been said. */
export type Read<Input> =
  | { readonly kind: "run"; readonly input: Input }
  | { readonly kind: "exit"; readonly code: number };

/** Exit code of arguments that make no sense. */
export const USAGE_ERROR = 2;

/** One word behind `headgate`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /**
   * Reads the arguments behind the command's name, and does nothing else but to answer `--help` and to name what is wrong with
   * them. Only the result can act.
   */
  readonly prepare: (args: readonly string[], environment: Environment) => Promise<Prepared>;
}

type Prepared =
  /** Runs the command; resolves with the exit code. */
  { readonly kind: "run"; readonly run: () => Promise<number> } | { readonly kind: "exit"; readonly code: number };

interface CommandParts<Input> {
  readonly name: string;
  readonly summary: string;
  readonly read: (args: readonly string[], environment: Environment) => Read<Input> | Promise<Read<Input>>;
  readonly act: (input: Input, environment: Environment) => Promise<number>;
}

/** A command whose action cannot be reached but through its arguments. */
export function defineCommand<Input>({ name, summary, read, act }: CommandParts<Input>): Command {
  return {
    name,
    summary,
    prepare: async (args, environment) => {
      const given = await read(args, environment);
      if (given.kind === "exit") return given;
      return { kind: "run", run: () => act(given.input, environment) };
    },
  };
}
