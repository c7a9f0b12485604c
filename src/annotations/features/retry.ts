import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { SupportStatus } from "../../lib/support-status.ts";
import type { Retry } from "../../model/forward.ts";
import type { Settings } from "../../model/settings.ts";
import { at, Keys, partsOf, withChanged } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";
import { parseIntAtLeast, parseSecondsOrNone } from "../entries/value-parsers.ts";

interface RetryFields {
  conditions: RetryConditions;
  timeoutMs: number;
  tries: number;
}

const retry = new Fields<RetryFields>({ group: "Proxying" }, ({ retry: { timeoutMs, tries, ...conditions } }) => ({
  conditions,
  timeoutMs,
  tries,
}));
const keys = new Keys({ group: "Proxying, timeouts, retries" });

const MOST_TRIES: SupportStatus = {
  kind: "differs",
  how: "never more than 20 attempts, also where 0 asks for no limit; what an endpoint may have worked on is repeated once at most, at another one",
};

/** When a request is sent again, and how often. */
export const RETRY = retry.feature({
  entries: [
    retry.field("conditions", parseRetryWords, {
      name: "proxy-next-upstream",
      risk: "medium",
      value: "words of nginx",
      fallback: "ConfigMap, `error timeout`",
      doc: "What makes a request try again. Requests that are not idempotent only do with `non_idempotent`, once sent.",
    }),
    retry.number("timeoutMs", parseSecondsOrNone, {
      name: "proxy-next-upstream-timeout",
      risk: "low",
      value: "seconds",
      fallback: "ConfigMap, 0",
      doc: "No further attempt after this time; 0 is no limit.",
    }),
    retry.number("tries", parseTries, {
      name: "proxy-next-upstream-tries",
      risk: "low",
      value: "int",
      fallback: "ConfigMap, 3",
      status: MOST_TRIES,
      doc: "Attempts in all, the first included.",
    }),
  ],
  policy: ({ conditions, ...limits }, { retryNonIdempotent, retry: defaults }): Retry => ({
    ...defaults,
    ...conditions,
    ...limits,
    nonIdempotent: conditions.nonIdempotent || retryNonIdempotent,
  }),
  keys: [
    keys.key(partsOf("translation", "retry"), parseRetryWords, {
      name: "proxy-next-upstream",
      fallback: "error timeout",
      doc: "What makes a request try again.",
    }),
    keys.key(at("translation", "retry", "timeoutMs"), parseSecondsOrNone, {
      name: "proxy-next-upstream-timeout",
      type: "int",
      fallback: "0",
      doc: "Seconds after which there is no further attempt; 0 is no limit.",
    }),
    keys.key(at("translation", "retry", "tries"), parseTries, {
      name: "proxy-next-upstream-tries",
      type: "int",
      fallback: "3",
      status: MOST_TRIES,
      doc: "Attempts in all, the first included.",
    }),
    keys.bool(setNonIdempotent, {
      name: "retry-non-idempotent",
      fallback: "false",
      doc: "Also retries POST, LOCK and PATCH that may have been sent.",
    }),
  ],
});

/** It holds also where an Ingress writes its own list of conditions, and takes nothing away that the list says. */
function setNonIdempotent(settings: Settings, retryNonIdempotent: boolean): Settings {
  const { retry } = settings.translation;
  const nonIdempotent = retry.nonIdempotent || retryNonIdempotent;
  return withChanged(settings, "translation", { retryNonIdempotent, retry: { ...retry, nonIdempotent } });
}

/** `proxy-next-upstream-tries: 0` means "no limit" to nginx; every request ends here all the same. */
const MAX_TRIES = 20;

/** Total attempts; 0, nginx's "no limit", and everything above 20 is 20. */
function parseTries(text: string): Result<number> {
  const tries = parseIntAtLeast(0)(text);
  if (!tries.ok) return tries;
  return ok(tries.value === 0 ? MAX_TRIES : Math.min(tries.value, MAX_TRIES));
}

/** When a failed attempt goes to the next endpoint: the words of nginx's `proxy_next_upstream`. */
interface RetryConditions {
  readonly onError: boolean;
  readonly onTimeout: boolean;
  readonly onInvalidHeader: boolean;
  readonly onStatuses: readonly number[];
  readonly nonIdempotent: boolean;
}

const STATUS_WORD = /^http_(403|404|429|500|502|503|504)$/;
const WORDS = new Set(["error", "timeout", "invalid_header", "non_idempotent", "off"]);

/** Words between spaces. `off` wins over all others, as in nginx. */
function parseRetryWords(text: string): Result<RetryConditions> {
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
