import type { ObjectKey } from "../kubernetes/object-key.ts";
import type { Ingress } from "../kubernetes/objects.ts";
import type { Change, Snapshot } from "../kubernetes/snapshot.ts";
import type { Model, ModelDelta } from "../model/model.ts";
import { ModelCopy } from "../model/model-copy.ts";
import type { Problem } from "../model/problem.ts";
import { ModelBuilder } from "./model-builder.ts";
import { ObjectIntake } from "./object-intake.ts";
import { isOurs } from "./ingress/ingress-class.ts";
import { planSteps } from "./ingress/plan.ts";
import type { TranslateOptions } from "./shared/options.ts";
import type { OnDemandReference } from "./shared/object-references.ts";
import { type IngressReview, reviewPlan } from "./review/review-ingress.ts";

export type { IngressReview, TranslateOptions };

/** What one batch of changes came to. */
export interface Translation {
  readonly delta: ModelDelta;
  /** Only for objects whose problems changed, as `Ingress shop/web`: the whole new list, empty when the last problem went. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** Referred to since this batch; the store may not hold them yet. */
  readonly newReferences: readonly OnDemandReference[];
  /** Ingresses that are ours since this batch, canaries included, and those that no longer are: for their status. */
  readonly served: { readonly added: readonly ObjectKey[]; readonly removed: readonly ObjectKey[] };
}

/**
 * Kubernetes objects in, model out, by increments: one changed object rebuilds only the shards that read it. Deterministic: the
 * accumulated deltas are what `translateAll` makes of the last snapshot, however it was reached. Never throws, reads no clock.
 */
export class Translator {
  readonly #options: TranslateOptions;
  readonly #intake: ObjectIntake;
  readonly #builder: ModelBuilder;

  constructor(options: TranslateOptions) {
    this.#options = options;
    this.#intake = new ObjectIntake(options);
    this.#builder = new ModelBuilder(options, this.#intake);
  }

  /** The first call takes the whole snapshot; later ones need every change since the call before, in any order. */
  update(snapshot: Snapshot, changes: readonly Change[]): Translation {
    const touched = this.#intake.read(snapshot, changes);
    this.#builder.rebuild(snapshot, touched);
    return {
      delta: this.#builder.flush(),
      problems: this.#builder.problems.flush(),
      newReferences: this.#takeReferences(),
      served: this.#intake.served.takeChanges(),
    };
  }

  /** True for objects whose content can matter: only these need to stay in memory. */
  isReferenced(kind: OnDemandReference["kind"], key: ObjectKey): boolean {
    return this.#intake.references.has(kind, key);
  }

  /**
   * What would come of an Ingress of ours that does not exist yet, or of one in a new form, as of the last update. Changes nothing. In
   * steps, between which there may be updates: none of them is long, however large the Ingress.
   */
  *review(candidate: Ingress, snapshot: Snapshot): Generator<void, IngressReview> {
    const { translation } = this.#intake.settings;
    const plan = yield* planSteps(candidate, translation, this.#options);
    return yield* reviewPlan(plan, this.#builder.world(snapshot), translation.strictPathTypes ? "strict" : "any");
  }

  /** True when the Ingress is ours. */
  takes(candidate: Ingress, snapshot: Snapshot): boolean {
    return isOurs(candidate, (name) => snapshot.get("IngressClass", name), this.#options);
  }

  #takeReferences(): readonly OnDemandReference[] {
    const { added, removed } = this.#intake.references.takeChanges();
    // What nobody refers to any more must not stay in memory.
    for (const { kind, key } of removed) if (kind === "Secret") this.#intake.certificates.forget(key);
    return added;
  }
}

/** The whole model of a snapshot at once. */
export function translateAll(
  options: TranslateOptions,
  snapshot: Snapshot,
): { readonly model: Model; readonly problems: ReadonlyMap<string, readonly Problem[]> } {
  const { delta, problems } = new Translator(options).update(snapshot, []);
  const copy = new ModelCopy();
  copy.apply(delta);
  return { model: copy.model, problems };
}
