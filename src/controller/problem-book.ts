import type { Problem } from "../model/problem.ts";

/** Who found a problem: a source by its name, or the translation. */
export type ProblemOwner = string;

/** What is wrong right now, by object key, from all sources of problems; reports only keys whose problems really changed. */
export class ProblemBook {
  readonly #byKey = new Map<string, Map<ProblemOwner, readonly Problem[]>>();
  readonly #told = new Map<string, string>();
  readonly #touched = new Set<string>();

  set(owner: ProblemOwner, key: string, problems: readonly Problem[]): void {
    const owners = this.#byKey.get(key) ?? new Map<ProblemOwner, readonly Problem[]>();
    if (problems.length === 0) owners.delete(owner);
    else owners.set(owner, problems);
    if (owners.size === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, owners);
    this.#touched.add(key);
  }

  /** What is wrong with that object is told again: it is another one of the same name. */
  retell(key: string): void {
    this.#told.delete(key);
    this.#touched.add(key);
  }

  /** The problems of every key that changed since the last call; an empty list where all are gone. */
  takeChanged(): ReadonlyMap<string, readonly Problem[]> {
    const changed = new Map<string, readonly Problem[]>();
    for (const key of this.#touched) {
      const problems = [...(this.#byKey.get(key)?.values() ?? [])].flat();
      const text = problems.length === 0 ? "" : JSON.stringify(problems);
      if ((this.#told.get(key) ?? "") === text) continue;
      if (text === "") this.#told.delete(key);
      else this.#told.set(key, text);
      changed.set(key, problems);
    }
    this.#touched.clear();
    return changed;
  }
}
