import type { Result } from "../lib/result.ts";
import type { Reader } from "./entry.ts";
import type { PolicyDraft } from "./policy-draft.ts";
import { unusable, type Remark } from "./remark.ts";

type Parse<T> = (text: string) => Result<T>;
type Write<T> = (draft: PolicyDraft, value: T) => void;

/** For ingress-nginx's bools and ints: the text is taken as written, since Go allows no spaces. */
export function exact<T>(parse: Parse<T>, write: Write<T>): Reader {
  return { text: "exact", lines: false, read: (text, draft) => readInto(parse(text), draft, write) };
}

/** For its strings: every line trimmed, blank counts as absent. */
export function trimmed<T>(parse: Parse<T>, write: Write<T>): Reader {
  return { text: "trimmed", lines: false, read: (text, draft) => readInto(parse(text), draft, write) };
}

/** For lists that may stand on several lines. */
export function trimmedLines<T>(parse: Parse<T>, write: Write<T>): Reader {
  return { text: "trimmed", lines: true, read: (text, draft) => readInto(parse(text), draft, write) };
}

/** For values that are used with a remark. */
export function custom(text: Reader["text"], read: Reader["read"]): Reader {
  return { text, lines: false, read };
}

function readInto<T>(parsed: Result<T>, draft: PolicyDraft, write: Write<T>): Remark | null {
  if (!parsed.ok) return unusable(parsed.error);
  write(draft, parsed.value);
  return null;
}
