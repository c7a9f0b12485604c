import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Ingress } from "../../kubernetes/objects.ts";
import { isOlderVersion } from "../resource-version.ts";
import { addressesText } from "./addresses.ts";

/** What to do about the status of one Ingress. */
export type StatusVerdict =
  | { readonly kind: "leave" }
  | { readonly kind: "write" }
  /** Somebody else wrote over what we wrote; told once for each such text. */
  | { readonly kind: "foreign"; readonly found: string };

interface Entry {
  /** Version of the Ingress that our last write made, and what it said. */
  readonly version: string;
  readonly wrote: string;
  /** What somebody else put in its place; null when nobody did. */
  readonly foreign: string | null;
  /** True once our text was put back: it is not done twice. */
  readonly corrected: boolean;
}

/**
 * Remembers what we wrote, to tell a status that we have not seen to yet from one that another controller wrote over ours. That one is
 * corrected a single time, since a controller that ends clears the status behind it; a controller that writes again wins, and there is no fight.
 */
export class StatusLedger {
  readonly #entries = new Map<ObjectKey, Entry>();

  /** `pass` is `correct` in the regular round, in which a foreign text may be corrected, and `look` at other times. */
  judge(key: ObjectKey, ingress: Ingress, wanted: string, pass: "look" | "correct"): StatusVerdict {
    const current = addressesText(ingress.status);
    const entry = this.#entries.get(key);
    if (current === wanted) {
      // Whatever was there in between, it is over.
      if (entry?.foreign != null && !entry.corrected) this.#entries.set(key, { ...entry, foreign: null });
      return { kind: "leave" };
    }
    if (entry === undefined || entry.wrote !== wanted) return { kind: "write" };
    const { resourceVersion } = ingress.meta;
    // The watch has not brought our own write yet.
    if (resourceVersion === entry.version || isOlderVersion(resourceVersion, entry.version)) return { kind: "leave" };
    if (entry.foreign !== current) {
      this.#entries.set(key, { ...entry, foreign: current });
      return { kind: "foreign", found: current };
    }
    return pass === "correct" && !entry.corrected ? { kind: "write" } : { kind: "leave" };
  }

  /** Our write of `wrote` made this version. */
  written(key: ObjectKey, wrote: string, version: string): void {
    const before = this.#entries.get(key);
    const corrects = before?.wrote === wrote && before.foreign !== null;
    const corrected = corrects || (before?.wrote === wrote && before.corrected);
    this.#entries.set(key, { version, wrote, foreign: null, corrected });
  }

  forget(key: ObjectKey): void {
    this.#entries.delete(key);
  }

  /** A new term of leading starts from what is there. */
  clear(): void {
    this.#entries.clear();
  }
}
