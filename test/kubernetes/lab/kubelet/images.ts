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

/** Null where nothing stands for the image. Further ones are named by LAB_IMAGES, a JSON object of part and program. */
export function programOf(image: string): readonly string[] | null {
  const more = JSON.parse(process.env["LAB_IMAGES"] ?? "{}") as Readonly<Record<string, readonly string[]>>;
  return [...Object.entries(more), ...PROGRAMS].find(([part]) => image.includes(part))?.[1] ?? null;
}
