import { isDeepStrictEqual } from "node:util";
import { objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import { type Change, isReplacement, type Snapshot } from "../../kubernetes/snapshot.ts";
import type { ModelDelta } from "../../model/model.ts";
import type { Problem } from "../../model/problem.ts";
import type { SourceRef } from "../../model/source.ts";
import type { Leadership } from "../leader/leadership.ts";
import { EndpointNews, type WithoutEndpoints } from "./endpoint-news.ts";
import type { EventInput, EventObject } from "./event-correlator.ts";
import { eventObject } from "./object-reference.ts";
import { ProblemNews } from "./problem-news.ts";

export interface AnnouncerOptions {
  readonly snapshot: Snapshot;
  readonly served: ReadonlySet<ObjectKey>;
  readonly leadership: Leadership;
  /** Whether each added or changed Ingress gets a `Sync` event, as `--disable-sync-events` says. */
  readonly syncEvents: "on" | "off";
  /** `--configmap`. */
  readonly configMap: ObjectKey | null;
  /** How long a Service may be without endpoints before it is told. */
  readonly endpointGraceMs: number;
  /** The pod of this replica: what is about objects that are missing is told there. Null while it is not known. */
  readonly ownPod: () => EventObject | null;
  record(event: EventInput): void;
}

/**
 * What happens, as Events under ingress-nginx's reasons. Objects are announced by the leader alone, since every replica sees the same;
 * who begins to lead announces everything once.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #problems: ProblemNews;
  readonly #endpoints: EndpointNews;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#problems = new ProblemNews(({ source }) => eventObject(source, options.snapshot)?.uid ?? "");
    this.#endpoints = new EndpointNews(options.endpointGraceMs, (missing) => this.#tellMissing(missing));
  }

  startTerm(): void {
    for (const key of this.#options.served) this.#sync(key);
    for (const problem of this.#problems.all()) this.#tellProblem(problem);
    this.#tellMissing(this.#endpoints.all());
  }

  onChanges(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === "Ingress" && isNews(change) && this.#options.served.has(change.key)) this.#sync(change.key);
      if (change.kind === "ConfigMap" && change.key === this.#options.configMap) this.#tellConfigMap(change);
    }
  }

  onProblems(changed: ReadonlyMap<string, readonly Problem[]>): void {
    for (const problem of this.#problems.take(changed)) this.#tellProblem(problem);
  }

  onApplied(delta: ModelDelta): void {
    this.#endpoints.apply(delta);
  }

  /** An event about one served Ingress. */
  warn(key: ObjectKey, reason: string, message: string): void {
    this.#tell(ingressRef(key), "Warning", { reason, message });
  }

  close(): void {
    this.#endpoints.close();
  }

  #sync(key: ObjectKey): void {
    if (this.#options.syncEvents === "off") return;
    this.#tell(ingressRef(key), "Normal", { reason: "Sync", message: "Scheduled for sync" });
  }

  #tellProblem(problem: Problem): void {
    this.#tell(problem.source, "Warning", { reason: problem.reason, message: sentenceOf(problem) });
  }

  #tellMissing(missing: readonly WithoutEndpoints[]): void {
    for (const { source, service } of missing) {
      const key = objectKey(service.namespace, service.name);
      // One that does not exist is a problem of its own.
      if (this.#options.snapshot.get("Service", key) === undefined) continue;
      const message = `Service ${key}:${service.port} has no ready endpoints; its requests are answered 503`;
      this.#tell(source, "Warning", { reason: "NoEndpoints", message });
    }
  }

  /** ingress-nginx names what happened to its ConfigMap in capitals. */
  #tellConfigMap(change: Change): void {
    const { kind, key, before } = change;
    const reason = before === undefined || isReplacement(change) ? "CREATE" : "UPDATE";
    this.#tell(refTo(kind, key), "Normal", { reason, message: `ConfigMap ${key}` });
  }

  #tell(source: SourceRef, type: EventInput["type"], text: Pick<EventInput, "reason" | "message">): void {
    const { leadership, snapshot } = this.#options;
    if (!leadership.isLeader) return;
    const object = source.kind === "IngressClass" ? this.#options.ownPod() : eventObject(source, snapshot);
    if (object !== null) this.#options.record({ object, type, ...text });
  }
}

/** Field, value and message; a message about an annotation begins with its name already. */
function sentenceOf({ source, field, value, message }: Problem): string {
  if (source.kind === "IngressClass") return `IngressClass ${source.name}: ${message}`;
  const quoted = value === "" ? "" : JSON.stringify(value);
  if (field.startsWith("metadata.annotations[")) return quoted === "" ? message : `${message} (value ${quoted})`;
  const place = [field, quoted].filter((part) => part !== "").join(" ");
  return place === "" ? message : `${place}: ${message}`;
}

/** Not for its status, which we write ourselves. */
function isNews(change: Change): boolean {
  const { before, after } = change;
  if (after?.kind !== "Ingress") return false;
  if (before?.kind !== "Ingress" || isReplacement(change)) return true;
  return (
    !isDeepStrictEqual(before.spec, after.spec) || !isDeepStrictEqual(before.meta.annotations, after.meta.annotations)
  );
}

function ingressRef(key: ObjectKey): SourceRef {
  return refTo("Ingress", key);
}

function refTo(kind: string, key: ObjectKey): SourceRef {
  const [namespace = "", name = ""] = key.split("/");
  return { kind, namespace, name };
}
