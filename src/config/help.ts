import { styleText } from "node:util";
import { fallbackOf, type Command, type FlagInfo, type FlagType } from "./flag-entry.ts";
import { flagsOf } from "./flags.ts";

const USAGE: Readonly<Record<Command, string>> = {
  controller: "headgate controller [flags]",
  dev: "headgate dev PATH… [flags]",
};

const ABOUT: Readonly<Record<Command, string>> = {
  controller: "Follows the Ingresses of a Kubernetes cluster and serves their traffic.",
  dev: "Serves the Ingress manifests in files and folders on this machine, and follows their changes. - is standard input. Every host is served as HOST.localhost too.",
};

const PLACEHOLDER: Readonly<Record<FlagType, string>> = {
  bool: "",
  int: " NUMBER",
  port: " PORT",
  seconds: " SECONDS",
  duration: " DURATION",
  address: " ADDRESS",
  text: " TEXT",
  name: " NAME",
  object: " NAMESPACE/NAME",
  url: " URL",
  mapping: " SERVICE=[HOST:]PORT",
};

const MIN_WIDTH = 40;
const MAX_WIDTH = 100;
/** Doc text begins here where there is room for two columns. */
const COLUMN = 36;

/** `--help` of one command, from the same table as the parser, wrapped to `width` columns. Ends with a line break. */
export function formatHelp(command: Command, width: number, color: boolean): string {
  const columns = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, width));
  const bold = (text: string): string => (color ? styleText("bold", text, { validateStream: false }) : text);
  const flags = flagsOf(command);
  const supported = flags.filter(({ status }) => status.kind === "works" || status.kind === "differs");
  const groups = Map.groupBy(supported, (flag) => flag.group);
  const sections = [...groups].map(([group, members]) =>
    [bold(group), ...members.flatMap((flag) => describe(flag, command, columns))].join("\n"),
  );
  const others = flags.filter((flag) => !supported.includes(flag)).map((flag) => `--${flag.name}`);
  if (others.length > 0) {
    const list = wrap(others.join(" "), columns - 2).map((line) => `  ${line}`);
    sections.push([bold("Accepted without effect"), ...list].join("\n"));
  }
  const usage = [...wrap(ABOUT[command], columns), "", `${bold("Usage:")} ${USAGE[command]}`].join("\n");
  return `${[usage, ...sections].join("\n\n")}\n`;
}

function describe(flag: FlagInfo, command: Command, columns: number): readonly string[] {
  const letter = flag.letter === null || flag.letter === flag.name ? "" : `-${flag.letter}, `;
  const head = `  ${letter}--${flag.name}${PLACEHOLDER[flag.type]}`;
  const fallback = fallbackOf(flag, command);
  const isPlain = fallback === "" || fallback === "false";
  const text = isPlain ? flag.doc : `${flag.doc} Default: ${fallback}.`;
  const indent = columns >= 2 * COLUMN ? COLUMN : 6;
  const [first = "", ...rest] = wrap(text, columns - indent).map((line) => `${" ".repeat(indent)}${line}`);
  if (head.length < indent - 1) return [head + first.slice(head.length), ...rest];
  return [head, first, ...rest];
}

/** Breaks at spaces; a word longer than the width keeps its line. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
