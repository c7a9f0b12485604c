import type { Result } from "../../lib/result.ts";
import { parseWord } from "../value-parsers.ts";

type SameSite = "None" | "Lax" | "Strict";

const parseLowerCase = parseWord<SameSite>(
  new Map([
    ["none", "None"],
    ["lax", "Lax"],
    ["strict", "Strict"],
  ]),
);

/** Any case; browsers know only one spelling, so it is normalised. */
export function parseSameSite(text: string): Result<SameSite> {
  return parseLowerCase(text.toLowerCase());
}
