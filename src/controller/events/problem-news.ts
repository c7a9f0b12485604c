import type { Problem } from "../../model/problem.ts";

/** Which problems are new: remembers what every object had, whether or not anybody was told. */
export class ProblemNews {
  readonly #byObject = new Map<string, ReadonlyMap<string, Problem>>();

  /** Takes over the whole lists of the objects that changed; gives the problems that were not there before. */
  take(changed: ReadonlyMap<string, readonly Problem[]>): readonly Problem[] {
    const fresh: Problem[] = [];
    for (const [object, problems] of changed) {
      const before = this.#byObject.get(object);
      const now = new Map(problems.map((problem) => [identityOf(problem), problem]));
      for (const [identity, problem] of now) if (before?.has(identity) !== true) fresh.push(problem);
      if (now.size === 0) this.#byObject.delete(object);
      else this.#byObject.set(object, now);
    }
    return fresh;
  }

  /** Everything that is wrong right now. */
  *all(): Iterable<Problem> {
    for (const problems of this.#byObject.values()) yield* problems.values();
  }
}

function identityOf({ field, value, reason, message }: Problem): string {
  return JSON.stringify([field, value, reason, message]);
}
