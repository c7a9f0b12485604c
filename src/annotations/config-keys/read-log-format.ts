import { nearestName } from "../../lib/nearest-name.ts";
import {
  LOG_FAMILIES,
  LOG_VARIABLES,
  type LogFamily,
  type LogPiece,
  type LogVariable,
} from "../../model/log-format.ts";

/** A format as far as it could be understood. */
export interface ReadLogFormat {
  readonly pieces: readonly LogPiece[];
  /** Half sentences. */
  readonly faults: readonly string[];
}

/** `$name` and `${name}`; a lone `$` is text here and an error in nginx. */
const VARIABLE = /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g;

/** nginx's `log_format`. Variables that are not known are unset, and named. */
export function readLogFormat(text: string): ReadLogFormat {
  const pieces: LogPiece[] = [];
  const faults: string[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const name = match[1] ?? match[2] ?? "";
    if (match.index > end) pieces.push({ kind: "text", text: text.slice(end, match.index) });
    const piece = pieceOf(name);
    if (piece.kind === "unset") faults.push(unknown(name));
    pieces.push(piece);
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ kind: "text", text: text.slice(end) });
  return { pieces, faults };
}

function pieceOf(name: string): LogPiece {
  if (isVariable(name)) return { kind: "variable", name };
  const family = FAMILIES.find((prefix) => name.startsWith(prefix) && name.length > prefix.length);
  if (family === undefined) return { kind: "unset" };
  const member = name.slice(family.length).toLowerCase();
  const isHeader = family.endsWith("http_");
  return { kind: "member", family, name: isHeader ? member.replaceAll("_", "-") : member };
}

const FAMILIES = Object.keys(LOG_FAMILIES) as readonly LogFamily[];

function isVariable(name: string): name is LogVariable {
  return Object.hasOwn(LOG_VARIABLES, name);
}

function unknown(name: string): string {
  const nearest = nearestName(name, Object.keys(LOG_VARIABLES));
  return `unknown variable $${name}${nearest === null ? "" : `, did you mean $${nearest}?`}`;
}
