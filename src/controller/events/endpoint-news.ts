import { changedGroups } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import type { Route } from "../../model/route.ts";
import type { SourceRef } from "../../model/source.ts";

/** An Ingress that routes to a Service without endpoints. */
export interface WithoutEndpoints {
  readonly source: SourceRef;
  readonly service: Route["service"];
}

/**
 * Which Ingresses route to Services that have no endpoint to take a request. A Service that is without them only between two pods is
 * not worth a word: it is told when it still has none after `graceMs`.
 */
export class EndpointNews {
  readonly #graceMs: number;
  readonly #onMissing: (missing: readonly WithoutEndpoints[]) => void;
  readonly #routes = new Map<string, readonly Route[]>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** Without endpoints for longer than the grace. */
  readonly #missing = new Set<string>();

  constructor(graceMs: number, onMissing: (missing: readonly WithoutEndpoints[]) => void) {
    this.#graceMs = graceMs;
    this.#onMissing = onMissing;
  }

  apply(delta: ModelDelta): void {
    for (const [id, group] of changedGroups(delta)) {
      if (group === null) this.#routes.delete(id);
      else this.#routes.set(id, group.routes);
    }
    for (const [id, set] of delta.endpoints) {
      if (set === null || set.endpoints.length > 0) this.#forget(id);
      else if (!this.#waiting.has(id) && !this.#missing.has(id)) {
        this.#waiting.set(
          id,
          setTimeout(() => this.#tell(id), this.#graceMs),
        );
      }
    }
  }

  /** Everything that was told, or was to be told and nobody listened. */
  all(): readonly WithoutEndpoints[] {
    return this.#leadingTo(this.#missing);
  }

  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #forget(id: string): void {
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
    this.#missing.delete(id);
  }

  #tell(id: string): void {
    this.#waiting.delete(id);
    this.#missing.add(id);
    this.#onMissing(this.#leadingTo(new Set([id])));
  }

  /** Each Ingress once a Service, however many of its routes lead there. */
  #leadingTo(upstreams: ReadonlySet<string>): readonly WithoutEndpoints[] {
    const found = new Map<string, WithoutEndpoints>();
    for (const { source, service, upstream } of [...this.#routes.values()].flat().flatMap(targetsOf)) {
      if (upstreams.has(upstream)) found.set(`${source.namespace}/${source.name} ${upstream}`, { source, service });
    }
    return [...found.values()];
  }
}

/** Where the requests of a route may go, and which Ingress says so: its own, or that of its canary. */
function targetsOf({ source, action }: Route): readonly Target[] {
  if (source === null || action.kind !== "forward") return [];
  return action.backends.flatMap(({ service, upstream, rule }) =>
    upstream === null ? [] : [{ source: rule?.source ?? source, service, upstream }],
  );
}

interface Target extends WithoutEndpoints {
  readonly upstream: string;
}
