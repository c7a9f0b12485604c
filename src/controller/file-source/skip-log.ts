import type { Logger } from "../../lib/logger.ts";

/** Named in one line at most; the others are counted. */
const NAMED = 5;

/** Says what is left out of what was read: all that is new in one line, and never again. */
export class SkipLog {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Objects of kinds that are not read here. */
  tellKinds(objects: readonly string[]): void {
    this.#tell(
      objects,
      (count, names) =>
        `skipped ${count === 1 ? "one object" : `${count} objects`} of a kind that routes no traffic: ${names}`,
    );
  }

  /** Files, or documents in them. */
  tellForeign(files: readonly string[]): void {
    this.#tell(
      files,
      (count, names) => `skipped ${count === 1 ? "a file" : `${count} files`} without Kubernetes objects: ${names}`,
    );
  }

  #tell(all: readonly string[], sentence: (count: number, names: string) => string): void {
    const added = all.filter((text) => !this.#told.has(text));
    if (added.length === 0) return;
    for (const text of added) this.#told.add(text);
    const names = added.slice(0, NAMED).join(", ");
    const more = added.length > NAMED ? ` and ${added.length - NAMED} more` : "";
    this.#logger.info({}, sentence(added.length, names + more));
  }
}
