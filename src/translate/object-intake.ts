import { isDeepStrictEqual } from "node:util";
import { parseConfigMap } from "../annotations/annotations.ts";
import type { ObjectKey } from "../kubernetes/object-key.ts";
import type { ObjectReference } from "../kubernetes/object-reference.ts";
import type { Ingress, KubernetesObject } from "../kubernetes/objects.ts";
import type { Change, Snapshot } from "../kubernetes/snapshot.ts";
import type { Problem } from "../model/problem.ts";
import { DEFAULT_SETTINGS, type Settings } from "../model/settings.ts";
import { ClassNames } from "./ingress/class-names.ts";
import { isOurs } from "./ingress/ingress-class.ts";
import { IngressIndex } from "./ingress/ingress-index.ts";
import { planIngress } from "./ingress/plan.ts";
import { isSameInput } from "./ingress/plan-input.ts";
import { warningAt } from "./shared/problem-at.ts";
import type { TranslateOptions } from "./shared/options.ts";
import { CertificateCache } from "./shared/certificate-cache.ts";
import { type Fact, objectFact, slicesFact } from "./shared/facts.ts";
import { ObjectReferences } from "./shared/object-references.ts";
import { ReferenceCounts } from "./shared/reference-counts.ts";

/** What a batch of changes touched. */
export interface Touched {
  readonly facts: Set<Fact>;
  /** Ingresses that were planned anew, or are no longer ours. */
  readonly ingresses: Set<ObjectKey>;
  /** True when the settings were read anew. */
  readonly settings: boolean;
  /** True when the settings of the translation changed, or on the first call: then nothing built so far counts. */
  readonly everything: boolean;
}

/** The incoming side: turns changed objects into plans and touched facts. Holds what is derived from objects one by one. */
export class ObjectIntake {
  readonly index = new IngressIndex();
  readonly certificates = new CertificateCache();
  /** The Ingresses we serve. */
  readonly served = new ReferenceCounts<ObjectKey>();
  /** What the command line and served Ingresses refer to. */
  readonly references = new ObjectReferences();
  readonly #options: TranslateOptions;
  readonly #classNames = new ClassNames();
  #settings: Settings | null = null;
  #settingsProblems: readonly Problem[] = [];

  constructor(options: TranslateOptions) {
    this.#options = options;
    this.references.replace("command line", namedByCommandLine(options));
  }

  get settings(): Settings {
    return this.#settings ?? DEFAULT_SETTINGS;
  }

  get settingsProblems(): readonly Problem[] {
    return this.#settingsProblems;
  }

  /** Missing IngressClasses; where any class will do, none is missed. */
  classProblems(snapshot: Snapshot): readonly Problem[] {
    return this.#options.anyClass ? [] : this.#classNames.problems(snapshot);
  }

  /** The first call takes the whole snapshot, whatever the changes say. */
  read(snapshot: Snapshot, changes: readonly Change[]): Touched {
    const first = this.#settings === null;
    const settings = first || changes.some(isConfigMap(this.#options));
    const everything = settings && this.#readSettings(snapshot);
    const named = first ? this.#known(snapshot) : changes.filter(isIngress).map(({ key }) => key);
    for (const key of named) this.#classNames.update(key, snapshot);
    const touched: Touched = { facts: new Set(), ingresses: new Set(), settings, everything };
    if (everything) {
      for (const ingress of this.#known(snapshot)) this.#replan(ingress, snapshot, touched);
    } else if (changes.some((change) => change.kind === "IngressClass")) {
      for (const ingress of this.#known(snapshot)) {
        const served = this.index.plan(ingress) !== undefined;
        if (served !== (this.#ours(snapshot, ingress) !== null)) this.#replan(ingress, snapshot, touched);
      }
    }
    for (const change of changes) this.#readChange(change, snapshot, touched);
    return touched;
  }

  #readChange(change: Change, snapshot: Snapshot, touched: Touched): void {
    if (change.kind === "Ingress") {
      if (!touched.everything && !this.#isPlanned(change.key, snapshot)) this.#replan(change.key, snapshot, touched);
      return;
    }
    if (change.kind === "EndpointSlice") {
      for (const service of [serviceOf(change.before), serviceOf(change.after)]) {
        if (service !== null) touched.facts.add(slicesFact(service));
      }
      return;
    }
    if (change.kind === "Secret" && change.after === undefined) this.certificates.forget(change.key);
    touched.facts.add(objectFact(change.kind, change.key));
  }

  /** True where all that a plan is made of is as it was: most events of an Ingress only tell its new status. */
  #isPlanned(key: ObjectKey, snapshot: Snapshot): boolean {
    const plan = this.index.plan(key);
    const ingress = plan && this.#ours(snapshot, key);
    return ingress !== undefined && ingress !== null && plan !== undefined && isSameInput(plan.ingress, ingress);
  }

  #replan(key: ObjectKey, snapshot: Snapshot, touched: Touched): void {
    const ingress = this.#ours(snapshot, key);
    const plan = ingress && planIngress(ingress, this.settings.translation, this.#options);
    this.index.replace(key, plan, touched.facts);
    this.served.replace(key, new Map(plan === null || plan.refused ? [] : [[key, key]]));
    this.references.replace(`Ingress ${key}`, plan?.references ?? []);
    touched.ingresses.add(key);
  }

  /** The Ingress if it exists and is of our class. */
  #ours(snapshot: Snapshot, key: ObjectKey): Ingress | null {
    const ingress = snapshot.get("Ingress", key);
    if (ingress === undefined) return null;
    return isOurs(ingress, (name) => snapshot.get("IngressClass", name), this.#options) ? ingress : null;
  }

  /** Every Ingress that exists, and every one that did. */
  #known(snapshot: Snapshot): Iterable<ObjectKey> {
    const keys = new Set<ObjectKey>();
    for (const plan of this.index.plans()) keys.add(plan.key);
    for (const { meta } of snapshot.list("Ingress")) keys.add(`${meta.namespace}/${meta.name}`);
    return keys;
  }

  /** True when those of the translation came out different. */
  #readSettings(snapshot: Snapshot): boolean {
    const { settings, problems } = readSettings(snapshot, this.#options.configMap);
    this.#settingsProblems = problems;
    const before = this.#settings;
    this.#settings = settings;
    return !isDeepStrictEqual(settings.translation, before?.translation);
  }
}

function namedByCommandLine({ configMap, defaultSslCertificate }: TranslateOptions): readonly ObjectReference[] {
  const references: ObjectReference[] = [];
  if (configMap !== null) references.push({ kind: "ConfigMap", key: configMap });
  if (defaultSslCertificate !== null) references.push({ kind: "Secret", key: defaultSslCertificate });
  return references;
}

function readSettings(snapshot: Snapshot, key: ObjectKey | null): ReturnType<typeof parseConfigMap> {
  if (key === null) return { settings: DEFAULT_SETTINGS, problems: [] };
  const [namespace = "", name = ""] = key.split("/");
  const source = { kind: "ConfigMap", namespace, name };
  const configMap = snapshot.get("ConfigMap", key);
  if (configMap !== undefined) return parseConfigMap(configMap.data, source);
  const message = "the ConfigMap of --configmap does not exist, so the defaults apply";
  const missing = warningAt({ source, field: "", value: "" }, "ConfigMapNotFound", "ignored", message);
  return { settings: DEFAULT_SETTINGS, problems: [missing] };
}

function isConfigMap(options: TranslateOptions): (change: Change) => boolean {
  return (change) => change.kind === "ConfigMap" && change.key === options.configMap;
}

function isIngress({ kind }: Change): boolean {
  return kind === "Ingress";
}

function serviceOf(object: KubernetesObject | undefined): ObjectKey | null {
  if (object?.kind !== "EndpointSlice" || object.serviceName === "") return null;
  return `${object.meta.namespace}/${object.serviceName}`;
}
