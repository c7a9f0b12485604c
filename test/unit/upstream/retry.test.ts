import { describe, expect, test } from "vitest";
import type { Retry } from "../../../src/model/forward.ts";
import {
  decideAfterError,
  shouldRetryAnswer,
  toUpstreamFailure,
  type RetryBudget,
  type RetryDecision,
} from "../../../src/upstream/send/retry.ts";
import type { WireError } from "../../../src/wire/wire.ts";
import { buildRetry } from "../../support/servers/upstream-fakes.ts";

type Code = WireError["code"];

interface Case {
  readonly code: Code;
  readonly method?: string;
  readonly retry?: Partial<Retry>;
  readonly sent?: boolean;
  readonly answered?: boolean;
  readonly reused?: boolean;
  readonly forwarded?: boolean;
  readonly budget?: Partial<RetryBudget>;
}

function decide(row: Case): RetryDecision {
  const connecting = row.code.startsWith("connect") || row.code === "tls-failed";
  const error: WireError = {
    code: row.code,
    detail: "",
    requestSent: row.sent ?? !connecting,
    responseStarted: row.answered ?? false,
  };
  const attempt = { error, reusedConnection: row.reused ?? false, forwarded: row.forwarded ?? false };
  return decideAfterError(attempt, budget(row));
}

function budget(row: Pick<Case, "method" | "retry" | "budget">): RetryBudget {
  return {
    method: row.method ?? "GET",
    retry: buildRetry(row.retry ?? {}),
    triesLeft: 2,
    elapsedMs: 0,
    bodyReplayable: true,
    ...row.budget,
  };
}

describe("after a broken attempt", () => {
  test.each<[string, Case, RetryDecision]>([
    ["a refused connection is retried", { code: "connect-refused" }, "next"],
    ["a connect timeout is retried", { code: "connect-timeout" }, "next"],
    ["a failed TLS handshake is retried", { code: "tls-failed" }, "next"],
    ["a refused POST is retried: it was never sent", { code: "connect-refused", method: "POST" }, "next"],
    ["a GET that was reset before an answer is retried", { code: "reset" }, "next"],
    ["a GET that timed out is retried", { code: "read-timeout" }, "next"],
    ["a PUT and a DELETE are idempotent", { code: "reset", method: "PUT" }, "next"],
    ["a POST that may have been sent is not", { code: "reset", method: "POST" }, "fail"],
    ["a PATCH that may have been sent is not", { code: "closed", method: "PATCH" }, "fail"],
    ["a LOCK that may have been sent is not", { code: "read-timeout", method: "LOCK" }, "fail"],
    ["an unknown method that may have been sent is not", { code: "reset", method: "TRANSMOGRIFY" }, "fail"],
    ["a lower-case get is an unknown method", { code: "reset", method: "get" }, "fail"],
    ["a POST is, when the route says so", { code: "reset", method: "POST", retry: { nonIdempotent: true } }, "next"],
    ["a POST that was not sent is", { code: "send-timeout", method: "POST", sent: false }, "next"],
    ["nothing is retried once response bytes arrived", { code: "reset", answered: true }, "fail"],
    ["nothing is retried once the client saw something", { code: "reset", forwarded: true }, "fail"],
    [
      "nothing is retried when the body is gone",
      { code: "connect-refused", budget: { bodyReplayable: false } },
      "fail",
    ],
    ["nothing is retried without tries", { code: "connect-refused", budget: { triesLeft: 0 } }, "fail"],
    ["nothing after the time is over", { code: "reset", retry: { timeoutMs: 50 }, budget: { elapsedMs: 50 } }, "fail"],
    ["within the time it is", { code: "reset", retry: { timeoutMs: 50 }, budget: { elapsedMs: 49 } }, "next"],
    ["errors are final without `error`", { code: "reset", retry: { onError: false } }, "fail"],
    ["refused connections too", { code: "connect-refused", retry: { onError: false } }, "fail"],
    ["timeouts are final without `timeout`", { code: "read-timeout", retry: { onTimeout: false } }, "fail"],
    ["garbage is final by default", { code: "malformed", answered: true }, "fail"],
    [
      "and retried with `invalid_header`",
      { code: "malformed", answered: true, retry: { onInvalidHeader: true } },
      "next",
    ],
    ["a request we gave up is final", { code: "aborted" }, "fail"],
  ])("%s", (_name, row, decision) => {
    expect(decide(row)).toBe(decision);
  });
});

describe("on a connection that had been used before", () => {
  test.each<[string, Case, RetryDecision]>([
    ["a reset without an answer means a fresh connection", { code: "reset", reused: true }, "refresh"],
    ["so does a close", { code: "closed", reused: true }, "refresh"],
    ["also when no tries are left", { code: "reset", reused: true, budget: { triesLeft: 0 } }, "refresh"],
    ["also when retries are off", { code: "reset", reused: true, retry: { onError: false } }, "refresh"],
    ["which, broken too, is an ordinary failure", { code: "reset", reused: false }, "next"],
    ["not for a POST", { code: "reset", reused: true, method: "POST" }, "fail"],
    ["but for a POST that was not sent", { code: "closed", reused: true, method: "POST", sent: false }, "refresh"],
    ["not after a first byte", { code: "reset", reused: true, answered: true }, "fail"],
    ["not for a timeout, which is no race", { code: "read-timeout", reused: true }, "next"],
    ["not when the body is gone", { code: "reset", reused: true, budget: { bodyReplayable: false } }, "fail"],
  ])("%s", (_name, row, decision) => {
    expect(decide(row)).toBe(decision);
  });
});

describe("an answer with a status", () => {
  const onStatuses = { onStatuses: [503, 429] };
  test.each<[number, Pick<Case, "method" | "retry" | "budget">, boolean]>([
    [503, { retry: onStatuses }, true],
    [429, { retry: onStatuses }, true],
    [502, { retry: onStatuses }, false],
    [503, {}, false],
    [503, { retry: onStatuses, method: "POST" }, false],
    [503, { retry: { ...onStatuses, nonIdempotent: true }, method: "POST" }, true],
    [503, { retry: onStatuses, budget: { triesLeft: 0 } }, false],
    [503, { retry: onStatuses, budget: { bodyReplayable: false } }, false],
  ])("%d with %j is retried: %s", (status, row, expected) => {
    const left = budget(row);
    expect(left.retry.onStatuses.includes(status) && shouldRetryAnswer(left)).toBe(expected);
  });
});

test.each<[Code, number, string]>([
  ["connect-refused", 502, "connect-failed"],
  ["connect-failed", 502, "connect-failed"],
  ["tls-failed", 502, "connect-failed"],
  ["connect-timeout", 504, "timeout"],
  ["reset", 502, "reset"],
  ["closed", 502, "reset"],
  ["malformed", 502, "malformed"],
  ["too-large", 502, "malformed"],
  ["send-timeout", 504, "timeout"],
  ["read-timeout", 504, "timeout"],
  ["aborted", 502, "reset"],
])("%s is told as %d %s", (code, status, told) => {
  const error: WireError = { code, detail: "", requestSent: true, responseStarted: false };
  expect(toUpstreamFailure(error, false)).toEqual({ status, code: told, responseStarted: false });
});

test("a connection that breaks inside the response is a truncated response", () => {
  const error: WireError = { code: "closed", detail: "", requestSent: true, responseStarted: true };
  expect(toUpstreamFailure(error, true)).toEqual({ status: 502, code: "truncated", responseStarted: true });
});
