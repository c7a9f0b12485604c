import type { Command } from "./command.ts";
import type { Environment } from "./console.ts";
import { showUsage } from "./help.ts";
import { commandHelp } from "./read-config.ts";

/** The two large ones are loaded when they are asked for: `version` and `help` answer at once. */
const COMMANDS: readonly Command[] = [
  {
    name: "controller",
    summary: "serve the Ingresses of a cluster",
    run: async (...call) => (await import("./controller-command.ts")).runController(...call),
  },
  {
    name: "dev",
    summary: "serve the manifests in files and folders on this machine",
    run: async (...call) => (await import("./dev-command.ts")).runDev(...call),
  },
  {
    name: "certgen",
    summary: "make the certificate of the admission webhook",
    run: async (...call) => (await import("./certgen-command.ts")).runCertgen(...call),
  },
  {
    name: "wait-shutdown",
    summary: "stop the controller of this container and wait until it is gone, for preStop hooks",
    run: async (...call) => (await import("./wait-shutdown.ts")).runWaitShutdown(...call),
  },
  { name: "version", summary: "print the version", run: printVersion },
  { name: "help", summary: "print this text, or the options of a command", run: printHelp },
];

/** Spellings that people try first. */
const ALIASES = new Map([
  ["--version", "version"],
  ["-v", "version"],
  ["--help", "help"],
  ["-h", "help"],
]);

const USAGE_ERROR = 2;

/** Runs the command that the arguments name; resolves with the exit code. */
export async function runCli(environment: Environment): Promise<number> {
  const [word = "help", ...args] = environment.argv;
  const name = ALIASES.get(word) ?? word;
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    environment.stderr.writeLine(`headgate: there is no command ${JSON.stringify(word)}`);
    for (const line of showUsage(COMMANDS)) environment.stderr.writeLine(line);
    return USAGE_ERROR;
  }
  return command.run(args, environment);
}

async function printVersion(_args: readonly string[], { stdout, version }: Environment): Promise<number> {
  stdout.writeLine(`headgate ${version}`);
  return 0;
}

async function printHelp([topic]: readonly string[], environment: Environment): Promise<number> {
  const lines = topic === "dev" || topic === "controller" ? commandHelp(topic, environment) : showUsage(COMMANDS);
  for (const line of lines) environment.stdout.writeLine(line);
  return 0;
}
