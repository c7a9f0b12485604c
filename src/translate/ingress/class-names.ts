import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Snapshot } from "../../kubernetes/snapshot.ts";
import type { Problem } from "../../model/problem.ts";
import { warningAt } from "../shared/problem-at.ts";

/** Which IngressClasses the Ingresses name in `spec.ingressClassName`: without the class nobody serves them. */
export class ClassNames {
  readonly #nameOf = new Map<ObjectKey, string>();
  readonly #counts = new Map<string, number>();

  /** Takes over what the Ingress names now, if it exists. */
  update(key: ObjectKey, snapshot: Snapshot): void {
    const before = this.#nameOf.get(key) ?? "";
    const now = snapshot.get("Ingress", key)?.spec.ingressClassName ?? "";
    if (before === now) return;
    this.#count(before, -1);
    this.#count(now, 1);
    if (now === "") this.#nameOf.delete(key);
    else this.#nameOf.set(key, now);
  }

  /** One problem for each class that is missing; its value is how many Ingresses name it. */
  problems(snapshot: Snapshot): readonly Problem[] {
    return [...this.#counts]
      .filter(([name]) => snapshot.get("IngressClass", name) === undefined)
      .map(([name, count]) => {
        const source = { kind: "IngressClass", namespace: "", name };
        const ingresses = count === 1 ? "1 Ingress names it and is" : `${count} Ingresses name it and are`;
        const message = `the class does not exist, or may not be read; ${ingresses} not served`;
        return warningAt({ source, field: "", value: String(count) }, "IngressClassNotFound", "not-served", message);
      });
  }

  #count(name: string, change: 1 | -1): void {
    if (name === "") return;
    const count = (this.#counts.get(name) ?? 0) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
