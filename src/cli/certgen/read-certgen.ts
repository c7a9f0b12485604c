import { nearestName } from "../../lib/nearest-name.ts";
import { type Read, USAGE_ERROR } from "../command.ts";
import type { Environment } from "../console.ts";
import { type CertgenAction, certgenHelp, type CertgenValues, parseCertgenOptions } from "./certgen-options.ts";

/** What `headgate certgen` is to do. */
export interface CertgenInput {
  readonly action: CertgenAction;
  readonly values: CertgenValues;
}

const ACTIONS: readonly CertgenAction[] = ["create", "patch"];

/** Reads the action and its options; all that is wrong is said at once. */
export function readCertgen(args: readonly string[], { stdout, stderr, env }: Environment): Read<CertgenInput> {
  if (args.includes("--help") || args.includes("-h")) {
    for (const line of usage()) stdout.writeLine(line);
    return { kind: "exit", code: 0 };
  }
  const [word = "", ...options] = args;
  const action = ACTIONS.find((name) => name === word);
  if (action === undefined) {
    stderr.writeLine(`headgate certgen: ${word === "" ? "say create or patch" : noAction(word)}`);
    for (const line of usage()) stderr.writeLine(line);
    return { kind: "exit", code: USAGE_ERROR };
  }
  const values = parseCertgenOptions(action, options, env);
  if (values.ok) return { kind: "run", input: { action, values: values.value } };
  for (const error of values.error) stderr.writeLine(`headgate certgen ${action}: ${error}`);
  return { kind: "exit", code: USAGE_ERROR };
}

function noAction(word: string): string {
  const nearest = nearestName(word, ACTIONS);
  return `there is no ${JSON.stringify(word)}${nearest === null ? "" : `; did you mean ${nearest}?`}`;
}

function usage(): readonly string[] {
  return [
    "Usage: headgate certgen create|patch [OPTION…]",
    "",
    "create: makes the certificate of the admission webhook and keeps it in a Secret, unless that is there",
    ...certgenHelp("create"),
    "",
    "patch: makes the API server trust it",
    ...certgenHelp("patch"),
  ];
}
