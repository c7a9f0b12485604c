import type { Logger } from "../lib/logger.ts";
import type { Problem } from "../model/problem.ts";
import { formatSource } from "../model/source.ts";

const EFFECTS: Readonly<Record<Problem["effect"], string>> = {
  none: "",
  ignored: "; it has no effect",
  "not-served": "; it is not served",
  closed: "; its routes answer 503",
};

/**
 * Writes each problem once, however often its object is translated again, and says when an object has none left. Takes what the
 * controller tells: the whole list of every object whose problems changed.
 */
export function createProblemLog(logger: Logger): (changed: ReadonlyMap<string, readonly Problem[]>) => void {
  const told = new Map<string, ReadonlySet<string>>();
  return (changed) => {
    for (const [object, problems] of changed) {
      const before = told.get(object);
      if (problems.length === 0) {
        told.delete(object);
        if (before !== undefined) logger.info({ object }, "all problems of the object are gone");
        continue;
      }
      told.set(object, new Set(problems.map(identityOf)));
      for (const problem of problems) if (before?.has(identityOf(problem)) !== true) writeProblem(logger, problem);
    }
  };
}

function writeProblem(logger: Logger, { severity, reason, source, field, value, message, effect }: Problem): void {
  const fields = {
    object: formatSource(source),
    ...(field === "" ? {} : { field }),
    ...(value === "" ? {} : { value }),
    reason,
  };
  const text = `${message}${EFFECTS[effect]}`;
  if (severity === "error") logger.error(fields, text);
  else logger.warn(fields, text);
}

function identityOf(problem: Problem): string {
  return JSON.stringify([problem.source, problem.field, problem.value, problem.reason, problem.message]);
}
