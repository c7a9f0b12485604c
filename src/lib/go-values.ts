import { err, ok, type Result } from "./result.ts";

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** Go's `strconv.ParseBool`: `yes`, `on` and ` true` are errors, not true. */
export function parseGoBool(text: string): Result<boolean> {
  if (TRUE.has(text)) return ok(true);
  if (FALSE.has(text)) return ok(false);
  return err(`expected one of 1, t, T, TRUE, true, True, 0, f, F, FALSE, false, False`);
}

/** Go's `strconv.Atoi`: decimal with an optional sign, no spaces, no unit. Refuses what a double cannot hold exactly. */
export function parseGoInt(text: string): Result<number> {
  if (!/^[+-]?\d{1,19}$/.test(text)) return err("expected a whole number without spaces or unit");
  const value = Number(text);
  if (!Number.isSafeInteger(value)) return err("expected a whole number of at most 15 digits");
  return ok(value === 0 ? 0 : value);
}
