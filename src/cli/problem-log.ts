import type { LogFields, Logger } from "../lib/logger.ts";
import type { Problem } from "../model/problem.ts";
import { formatSource } from "../model/source.ts";

export interface ProblemLogOptions {
  /** Fields for machines, or one readable sentence for people. */
  readonly style: "fields" | "text";
  /** Reasons that are not logged. */
  readonly silent: ReadonlySet<string>;
  /** `file:line:column` of a problem whose finder did not know the file; absent where objects do not come from files. */
  readonly placeOf?: (problem: Problem) => string | null;
}

/**
 * Writes each problem once, however often its object is translated again, and says when an object has none left. Takes what the
 * controller tells: the whole list of every object whose problems changed.
 */
export function createProblemLog(
  logger: Logger,
  options: ProblemLogOptions,
): (changed: ReadonlyMap<string, readonly Problem[]>) => void {
  const told = new Map<string, ReadonlySet<string>>();
  return (changed) => {
    for (const [object, all] of changed) {
      const problems = all.filter(({ reason }) => !options.silent.has(reason));
      const before = told.get(object);
      if (problems.length === 0) {
        told.delete(object);
        if (before !== undefined) logger.info({}, `${object} has no problems any more`);
        continue;
      }
      told.set(object, new Set(problems.map(identityOf)));
      const added = problems.filter((problem) => before?.has(identityOf(problem)) !== true);
      for (const problem of added) writeProblem(logger, options, problem);
    }
  };
}

function writeProblem(logger: Logger, { style, placeOf }: ProblemLogOptions, problem: Problem): void {
  const at = problem.at ?? placeOf?.(problem) ?? null;
  const [fields, text] = style === "fields" ? [fieldsOf(problem), problem.message] : [{}, sentenceOf(problem, at)];
  if (problem.severity === "error") logger.error(fields, text);
  else logger.warn(fields, text);
}

function fieldsOf({ source, field, value, reason, effect }: Problem): LogFields {
  return { object: formatSource(source), field, value, reason, effect };
}

/** `shop.yaml:8:11: Ingress shop/web spec.rules[0].host "a b": not a host name (not served)`. */
function sentenceOf({ source, field, value, message, effect }: Problem, at: string | null): string {
  const named = at !== null && source.kind === "File" ? [] : [formatSource(source)];
  const parts = [...named, field, value === "" ? "" : `"${value}"`].filter((part) => part !== "");
  const place = at === null ? "" : `${at}: `;
  return `${place}${parts.length === 0 ? "" : `${parts.join(" ")}: `}${message}${EFFECTS[effect]}`;
}

const EFFECTS: Readonly<Record<Problem["effect"], string>> = {
  none: "",
  ignored: " (ignored)",
  "not-served": " (not served)",
  closed: " (its routes answer 503)",
};

function identityOf(problem: Problem): string {
  return JSON.stringify([problem.source, problem.field, problem.value, problem.reason, problem.message]);
}
