import type { Retry } from "../../model/forward.ts";
import type { WireError } from "../../wire/wire.ts";
import type { UpstreamFailure } from "./upstream-request.ts";

/** What an attempt that failed leaves us with. */
export interface FailedAttempt {
  readonly error: WireError;
  /** The connection had served a request before: the peer may have closed it just as we wrote. */
  readonly reusedConnection: boolean;
  /** The client has seen something of the response. */
  readonly forwarded: boolean;
}

/** What is left to a request for going on. */
export interface RetryBudget {
  readonly method: string;
  readonly retry: Retry;
  /** Attempts left, by `retry.tries`. */
  readonly triesLeft: number;
  /** Milliseconds since the first attempt began. */
  readonly elapsedMs: number;
  /** Everything of the body that was written is still at hand. */
  readonly bodyReplayable: boolean;
}

export type RetryDecision =
  /** The same endpoint on a fresh connection, whatever the route says of retries. */
  | "refresh"
  /** The balancer's next answer. */
  | "next"
  | "fail";

/**
 * Idempotent by the IANA HTTP method registry. Any other method, known or not, is sent at most once unless the route says
 * otherwise (ingress-nginx excepts only POST, LOCK and PATCH).
 */
const IDEMPOTENT: ReadonlySet<string> = new Set(
  "GET HEAD OPTIONS TRACE PUT DELETE PROPFIND PROPPATCH REPORT SEARCH COPY MOVE MKCOL UNLOCK".split(" "),
);

/** True when sending the request again, after it may have arrived, does no harm or was explicitly allowed. */
export function mayRepeat(method: string, retry: Retry): boolean {
  return retry.nonIdempotent || IDEMPOTENT.has(method);
}

/** What to do after an attempt broke. Never repeats what may have had an effect, nor after the client saw any response. */
export function decideAfterError(attempt: FailedAttempt, budget: RetryBudget): RetryDecision {
  const { error } = attempt;
  if (attempt.forwarded || !budget.bodyReplayable) return "fail";
  if (error.requestSent && !mayRepeat(budget.method, budget.retry)) return "fail";
  if (attempt.reusedConnection && isStale(error)) return "refresh";
  if (!hasTries(budget)) return "fail";
  const kind = FAILURES[error.code].retryKind;
  // An answer that cannot be read has arrived by nature; any other failure after a first byte is final.
  if (error.responseStarted && kind !== "invalid-header") return "fail";
  return RETRIED_WHEN[kind](budget.retry) ? "next" : "fail";
}

/** True when another attempt may be made after an answer whose status the plan takes for a failure. */
export function shouldRetryAnswer(budget: RetryBudget): boolean {
  return budget.bodyReplayable && hasTries(budget) && mayRepeat(budget.method, budget.retry);
}

function hasTries(budget: RetryBudget): boolean {
  const { timeoutMs } = budget.retry;
  return budget.triesLeft > 0 && (timeoutMs === 0 || budget.elapsedMs < timeoutMs);
}

/** The connection is no more. An endpoint that refuses a stream is there and says so. */
function isStale(error: WireError): boolean {
  return !error.responseStarted && (error.code === "reset" || error.code === "closed");
}

type RetryKind = "error" | "timeout" | "invalid-header" | "never";

/** Whether `proxy-next-upstream` asks for another attempt. */
const RETRIED_WHEN: Readonly<Record<RetryKind, (retry: Retry) => boolean>> = {
  error: (retry) => retry.onError,
  timeout: (retry) => retry.onTimeout,
  "invalid-header": (retry) => retry.onInvalidHeader,
  never: () => false,
};

interface FailureRow {
  readonly status: UpstreamFailure["status"];
  readonly code: UpstreamFailure["code"];
  /** Which word of `proxy-next-upstream` covers it. */
  readonly retryKind: RetryKind;
}

const FAILURES: Readonly<Record<WireError["code"], FailureRow>> = {
  "connect-refused": { status: 502, code: "connect-failed", retryKind: "error" },
  "connect-timeout": { status: 504, code: "timeout", retryKind: "timeout" },
  "connect-failed": { status: 502, code: "connect-failed", retryKind: "error" },
  "no-descriptors": { status: 502, code: "no-descriptors", retryKind: "never" },
  "tls-failed": { status: 502, code: "connect-failed", retryKind: "error" },
  reset: { status: 502, code: "reset", retryKind: "error" },
  closed: { status: 502, code: "reset", retryKind: "error" },
  "stream-refused": { status: 502, code: "reset", retryKind: "error" },
  malformed: { status: 502, code: "malformed", retryKind: "invalid-header" },
  "too-large": { status: 502, code: "malformed", retryKind: "invalid-header" },
  "send-timeout": { status: 504, code: "timeout", retryKind: "timeout" },
  "read-timeout": { status: 504, code: "timeout", retryKind: "timeout" },
  aborted: { status: 502, code: "reset", retryKind: "never" },
};

/** How the last failure is told to the client: 502 for what broke, 504 for what took too long. */
export function toUpstreamFailure(error: WireError, headForwarded: boolean): UpstreamFailure {
  const { status, code } = FAILURES[error.code];
  const truncated = headForwarded && code === "reset";
  return { status, code: truncated ? "truncated" : code, responseStarted: headForwarded };
}
