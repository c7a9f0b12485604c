import { nearestName } from "../lib/nearest-name.ts";
import { type Command, defineCommand, type Read, USAGE_ERROR } from "./command.ts";
import type { Environment } from "./console.ts";
import { readPlain } from "./plain-arguments.ts";
import { readConfig } from "./read-config.ts";

/** What acts is loaded when it acts: `version` and `help` answer at once. */
export const COMMANDS: readonly Command[] = [
  defineCommand({
    name: "controller",
    summary: "serve the Ingresses of a cluster",
    read: (args, environment) => readConfig("controller", args, environment),
    act: async (...call) => (await import("./controller-command.ts")).runController(...call),
  }),
  defineCommand({
    name: "dev",
    summary: "serve the manifests in files and folders on this machine",
    read: (args, environment) => readConfig("dev", args, environment),
    act: async (...call) => (await import("./dev-command.ts")).runDev(...call),
  }),
  defineCommand({
    name: "certgen",
    summary: "make the certificate of the admission webhook",
    read: async (...call) => (await import("./certgen/read-certgen.ts")).readCertgen(...call),
    act: async (...call) => (await import("./certgen-command.ts")).runCertgen(...call),
  }),
  defineCommand({
    name: "wait-shutdown",
    summary: "stop the controller of this container and wait until it is gone, for preStop hooks",
    read: (args, environment) => readPlain({ name: "wait-shutdown", help: WAIT_HELP, words: [] }, args, environment),
    act: async (_input, environment) => (await import("./wait-shutdown.ts")).runWaitShutdown(environment),
  }),
  defineCommand({
    name: "version",
    summary: "print the version",
    read: (args, environment) => readPlain({ name: "version", help: VERSION_HELP, words: [] }, args, environment),
    act: printVersion,
  }),
  defineCommand({
    name: "help",
    summary: "print this text, or the options of a command",
    read: readTopic,
    act: printHelp,
  }),
];

const WAIT_HELP = [
  "Usage: headgate wait-shutdown",
  "",
  "Sends SIGTERM to the controller of this container and returns when it has drained and is gone, for preStop hooks.",
];
const VERSION_HELP = ["Usage: headgate version", "", "Prints the version."];

/** Spellings that people try first. */
const ALIASES = new Map([
  ["--version", "version"],
  ["-v", "version"],
  ["--help", "help"],
  ["-h", "help"],
]);

/** Runs the command that the arguments name; resolves with the exit code. */
export async function runCli(environment: Environment): Promise<number> {
  const [word = "help", ...args] = environment.argv;
  const command = commandOf(ALIASES.get(word) ?? word);
  if (command === undefined) {
    const nearest = nearestName(word, commandNames());
    const hint = nearest === null ? "" : `; did you mean ${nearest}?`;
    environment.stderr.writeLine(`headgate: there is no command ${JSON.stringify(word)}${hint}`);
    for (const line of showUsage(COMMANDS)) environment.stderr.writeLine(line);
    return USAGE_ERROR;
  }
  const prepared = await command.prepare(args, environment);
  return prepared.kind === "exit" ? prepared.code : prepared.run();
}

/** The commands, one a line. */
function showUsage(commands: readonly Command[]): readonly string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "Usage: headgate COMMAND [OPTION…]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "headgate help COMMAND lists the options of a command.",
  ];
}

function commandOf(name: string): Command | undefined {
  return COMMANDS.find((candidate) => candidate.name === name);
}

function commandNames(): readonly string[] {
  return COMMANDS.map(({ name }) => name);
}

function readTopic(args: readonly string[], environment: Environment): Read<string | null> {
  return readPlain({ name: "help", help: showUsage(COMMANDS), words: commandNames() }, args, environment);
}

async function printVersion(_input: null | string, { stdout, version }: Environment): Promise<number> {
  stdout.writeLine(`headgate ${version}`);
  return 0;
}

/** Help of a command is what the command itself says. */
async function printHelp(topic: string | null, environment: Environment): Promise<number> {
  const asked = await commandOf(topic ?? "help")?.prepare(["--help"], environment);
  return asked?.kind === "exit" ? asked.code : USAGE_ERROR;
}
