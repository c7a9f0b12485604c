import type { Logger } from "../../lib/logger.ts";

/** Named in one line at most; the others are counted. */
const NAMED = 3;

/** One line for each change of the files: which they are, and the effect. */
export class ReloadLog {
  readonly #logger: Logger;
  /** Read again, and not yet translated. */
  #reread: string[] = [];
  /** The files of each publication on its way to the workers, in order. */
  readonly #underWay: (readonly string[])[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  reread(paths: readonly string[]): void {
    this.#reread.push(...paths);
  }

  /** What was read is translated: it goes to the workers now, or it changes nothing of what they serve. */
  translated(outcome: "publishes" | "changes-nothing"): void {
    const paths = this.#reread;
    this.#reread = [];
    if (outcome === "publishes") this.#underWay.push(paths);
    else this.#tell(paths, "");
  }

  /** The oldest publication is live in all workers; `change` is what it did. */
  live(change: string): void {
    this.#tell(this.#underWay.shift() ?? [], change);
  }

  #tell(paths: readonly string[], change: string): void {
    if (paths.length === 0) return;
    const unique = [...new Set(paths)];
    const names = unique.slice(0, NAMED).join(", ");
    const more = unique.length > NAMED ? ` and ${unique.length - NAMED} more` : "";
    this.#logger.info({}, `reloaded ${names}${more}: ${change === "" ? "nothing that is served changed" : change}`);
  }
}
