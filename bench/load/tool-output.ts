import type { LoadResult } from "../scenarios/scenario.ts";

/** What wrk printed. Answers other than 2xx and 3xx and failed sockets are errors. Throws when it holds no count. */
export function parseWrk(output: string): LoadResult {
  const answers = numberIn(output, /(\d+) requests in /);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)?.slice(1) ?? [];
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  return resultOf(answers - refused, refused + sum(sockets.map(Number)));
}

/** What h2load printed. Throws when it holds no count. */
export function parseH2load(output: string): LoadResult {
  const requests = numberIn(output, /(\d+) succeeded/);
  const errors = ["failed", "errored", "timeout"].map((word) => new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? "0");
  // A failed request is counted again under what it failed of.
  return resultOf(requests, Math.max(...errors.map(Number)));
}

/** h2load's log of requests: start, status and duration in microseconds, one request a line. Only the 200s are taken. */
export function parseLatencyLog(text: string): readonly number[] {
  return text.split("\n").flatMap((line) => {
    const [, status, micros] = line.split("\t");
    return status === "200" && micros !== undefined ? [Number(micros)] : [];
  });
}

/** The JSON line of one of our own load programs. Throws when there is none. */
export function parseProgramOutput(output: string): LoadResult {
  const value: unknown = JSON.parse(output);
  if (typeof value !== "object" || value === null) throw new Error(`not a load result: ${output}`);
  const requests = "requests" in value ? Number(value.requests) : Number.NaN;
  const errors = "errors" in value ? Number(value.errors) : Number.NaN;
  if (!Number.isFinite(requests + errors)) throw new Error(`not a load result: ${output}`);
  return { ...resultOf(requests, errors), note: "note" in value ? String(value.note) : "" };
}

function resultOf(requests: number, errors: number): LoadResult {
  return { requests, errors, latenciesMicros: [], note: "" };
}

function numberIn(output: string, pattern: RegExp): number {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`the load generator told no count of requests:\n${output.slice(-1000)}`);
  return Number(found);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
