import type { Result } from "../lib/result.ts";

/** Typed access to the command line. */
export interface FlagSource {
  value<T>(name: string, parse: (text: string) => Result<T>): T;
  fail(field: string, value: string, message: string): void;
}
