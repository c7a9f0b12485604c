import type { ReviewReading, Reviews } from "./state-readings.ts";

interface Counts {
  readonly namespace: string;
  readonly name: string;
  accepted: number;
  refused: number;
}

/** Names under review are whatever somebody posts: beyond so many the oldest are dropped. */
const MAX_NAMES = 1_000;

/** What the admission webhook decided, by Ingress. */
export class ReviewCounts implements Reviews {
  readonly #byName = new Map<string, Counts>();
  last: ReviewReading | null = null;

  get counts(): Iterable<Counts> {
    return this.#byName.values();
  }

  record(review: ReviewReading): void {
    const { namespace, name } = review;
    const key = `${namespace}/${name}`;
    const counts = this.#byName.get(key) ?? { namespace, name, accepted: 0, refused: 0 };
    if (review.accepted) counts.accepted++;
    else counts.refused++;
    this.#byName.set(key, counts);
    this.last = review;
    if (this.#byName.size <= MAX_NAMES) return;
    const [oldest] = this.#byName.keys();
    if (oldest !== undefined) this.#byName.delete(oldest);
  }
}
