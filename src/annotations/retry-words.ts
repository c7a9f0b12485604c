import { printable } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** When a failed attempt goes to the next endpoint: the words of nginx's `proxy_next_upstream`. */
export interface RetryConditions {
  readonly onError: boolean;
  readonly onTimeout: boolean;
  readonly onInvalidHeader: boolean;
  readonly onStatuses: readonly number[];
  readonly nonIdempotent: boolean;
}

const STATUS_WORD = /^http_(403|404|429|500|502|503|504)$/;
const WORDS = new Set(["error", "timeout", "invalid_header", "non_idempotent", "off"]);

/** Words between spaces. `off` wins over all others, as in nginx. */
export function parseRetryWords(text: string): Result<RetryConditions> {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const unknown = words.find((word) => !WORDS.has(word) && !STATUS_WORD.test(word));
  if (unknown !== undefined) return err(`"${printable(unknown)}" is not one of ${RETRY_WORDS}`);
  if (words.length === 0) return err(`expected words such as "error timeout"`);
  const off = words.includes("off");
  const has = (word: string): boolean => !off && words.includes(word);
  return ok({
    onError: has("error"),
    onTimeout: has("timeout"),
    onInvalidHeader: has("invalid_header"),
    onStatuses: off ? [] : statusesOf(words),
    nonIdempotent: has("non_idempotent"),
  });
}

const RETRY_WORDS =
  "error, timeout, invalid_header, http_500, http_502, http_503, http_504, http_403, http_404, http_429, non_idempotent, off";

function statusesOf(words: readonly string[]): readonly number[] {
  const statuses = words.map((word) => Number(STATUS_WORD.exec(word)?.[1] ?? 0)).filter((status) => status !== 0);
  return [...new Set(statuses)];
}
