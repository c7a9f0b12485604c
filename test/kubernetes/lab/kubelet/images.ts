import { join } from "node:path";
import { neighbourPath } from "../neighbours.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const NODE = join(ROOT, "node_modules/.bin/node");
const ECHO = join(import.meta.dirname, "../echo.ts");

/** Part of an image's name → the program that stands for it. A pod of any other image is called ready without a process. */
const PROGRAMS: readonly (readonly [part: string, program: readonly string[]])[] = [
  ["headgate/headgate", [NODE, join(ROOT, "src/main.ts")]],
  ["headgate.test/echo", [NODE, ECHO]],
  ["headgate.test/acmesolver", [neighbourPath("acmeSolver")]],
];

/** What an image has beside its program. */
const COMMANDS: readonly (readonly [part: string, command: string, program: readonly string[]])[] = [
  ["headgate/headgate", "/wait-shutdown", [NODE, join(ROOT, "src/main.ts"), "wait-shutdown"]],
];

/** What stands for a command that is run in a container of the image: itself, where nothing else does. */
export function commandOf(image: string, [command = "", ...args]: readonly string[]): readonly string[] {
  const found = COMMANDS.find(([part, name]) => image.includes(part) && name === command);
  return [...(found?.[2] ?? [command]), ...args];
}

/** Null where nothing stands for the image. Further ones are named by LAB_IMAGES, a JSON object of part and program. */
export function programOf(image: string): readonly string[] | null {
  const more = JSON.parse(process.env["LAB_IMAGES"] ?? "{}") as Readonly<Record<string, readonly string[]>>;
  return [...Object.entries(more), ...PROGRAMS].find(([part]) => image.includes(part))?.[1] ?? null;
}
