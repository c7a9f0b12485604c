import type { Model } from "../../../src/model/model.ts";
import { ModelCopy } from "../../../src/model/model-copy.ts";
import type { Problem } from "../../../src/model/problem.ts";
import type { Translation } from "../../../src/translate/translate.ts";

/** What someone who applied every delta holds. */
export interface AccumulatedState {
  readonly model: Model;
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  readonly served: ReadonlySet<string>;
}

/** Adds translations up. */
export class Accumulation {
  readonly served = new Set<string>();
  readonly #problems = new Map<string, readonly Problem[]>();
  readonly #copy = new ModelCopy();

  get state(): AccumulatedState {
    return { model: this.#copy.model, problems: this.#problems, served: this.served };
  }

  add({ delta, problems, served }: Translation): void {
    this.#copy.apply(delta);
    for (const [object, list] of problems) {
      if (list.length === 0) this.#problems.delete(object);
      else this.#problems.set(object, list);
    }
    for (const key of served.added) this.served.add(key);
    for (const key of served.removed) this.served.delete(key);
  }
}
