import type { Problem } from "../../model/problem.ts";

/** Which problems are new: remembers what every object had, whether or not anybody was told. */
export class ProblemNews {
  readonly #byObject = new Map<string, ReadonlyMap<string, Problem>>();
  /** Uid of the object that a problem is about; empty where it does not exist. */
  readonly #uidOf: (problem: Problem) => string;

  constructor(uidOf: (problem: Problem) => string) {
    this.#uidOf = uidOf;
  }

  /** Takes over the whole lists of the objects that changed; gives the problems that these objects did not have before. */
  take(changed: ReadonlyMap<string, readonly Problem[]>): readonly Problem[] {
    const fresh: Problem[] = [];
    for (const [object, problems] of changed) {
      const before = this.#byObject.get(object);
      const now = new Map(problems.map((problem) => [this.#identityOf(problem), problem]));
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

  #identityOf(problem: Problem): string {
    const { field, value, reason, message } = problem;
    return JSON.stringify([this.#uidOf(problem), field, value, reason, message]);
  }
}
