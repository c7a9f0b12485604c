import { type IngressPolicy, NO_REWRITE, parseIngressAnnotations } from "../../annotations/annotations.ts";
import { objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { ObjectReference } from "../../kubernetes/object-reference.ts";
import type { IngressBackend, IngressPath, IngressRule, IngressTls } from "../../kubernetes/objects.ts";
import { canonicalHost, parseRuleHost } from "../../lib/host-name.ts";
import { takeAll } from "../../lib/take-all.ts";
import type { Problem } from "../../model/problem.ts";
import type { TranslationSettings } from "../../model/settings.ts";
import type { SourceRef } from "../../model/source.ts";
import { DEFAULT_HOST, type HostId } from "../../model/virtual-host.ts";
import type { TranslateOptions } from "../shared/options.ts";
import { type BackendRef, backendRef, firstPortRef } from "../shared/backend.ts";
import { type PlanInput, planInput } from "./plan-input.ts";
import { readRulePath, rulePath, type RulePath } from "./path.ts";
import { errorAt, warningAt } from "../shared/problem-at.ts";

/** One Ingress by itself: everything that can be said without looking at any other object. */
export interface IngressPlan {
  readonly ingress: PlanInput;
  readonly key: ObjectKey;
  readonly source: SourceRef;
  readonly policy: IngressPolicy;
  /** The hosts it claims, with the usable paths of each in the order they are written. */
  readonly hosts: ReadonlyMap<HostId, readonly PlannedPath[]>;
  /** Those of `hosts` that it has no rules for: closed, unless another Ingress has. */
  readonly aliases: ReadonlySet<HostId>;
  /** `spec.defaultBackend`. */
  readonly defaultBackend: PlannedBackend | null;
  /** True for a default backend without rules: it serves what no other host matches. */
  readonly catchAll: boolean;
  /** Every place where it refers to a Service port; what is equal is one object. */
  readonly backends: readonly BackendUse[];
  /** The Secrets of its TLS section, and what its annotations refer to. */
  readonly references: readonly ObjectReference[];
  /** The hosts of its TLS section, each with the index of the first entry that lists it. */
  readonly tlsHosts: ReadonlyMap<HostId, number>;
  readonly problems: readonly Problem[];
  /** True when nothing of it is served, because the command line says so: its paths are closed. */
  readonly refused: boolean;
}

/** A Service port, or why there is none: then `refusal` is not null, and what it would serve is closed. */
interface PlannedBackend {
  readonly backend: BackendRef | null;
  readonly refusal: string | null;
}

export interface PlannedPath extends RulePath, PlannedBackend {
  /** As in the object; may be empty. */
  readonly written: string;
  /** Such as `spec.rules[0].http.paths[1]`. */
  readonly field: string;
}

interface BackendUse {
  readonly backend: BackendRef;
  readonly field: string;
  /** Where it is not that requests are answered 503. */
  readonly cost?: string;
}

const NO_ALIASES: ReadonlySet<HostId> = new Set();
const NO_TLS_HOSTS: ReadonlyMap<HostId, number> = new Map();

/** What is collected on the way through one Ingress. */
interface Draft {
  readonly source: SourceRef;
  readonly hosts: Map<HostId, PlannedPath[]>;
  readonly backends: BackendUse[];
  /** The Service ports it refers to, each once, by `service:port`. */
  readonly refs: Map<string, BackendRef>;
  readonly problems: Problem[];
}

/**
 * Reads one Ingress. Pure; a part that cannot be used costs a problem. Nothing is left out that a request could have been for: it is
 * planned as a path with a `refusal`, which is closed at its place, so that no other rule gets its requests.
 */
export function planIngress(ingress: PlanInput, settings: TranslationSettings, options: TranslateOptions): IngressPlan {
  return takeAll(planSteps(ingress, settings, options));
}

/** The same in short steps. */
export function* planSteps(
  ingress: PlanInput,
  settings: TranslationSettings,
  options: TranslateOptions,
): Generator<void, IngressPlan> {
  const plan = yield* planWhole(ingress, settings, options.annotationsPrefix);
  if (ingress.refused !== undefined) return unreadablePlan(plan, ingress.refused);
  return options.defaultBackends === "refused" && ingress.spec.defaultBackend !== null ? refusedPlan(plan) : plan;
}

/**
 * With rules or without: as ingress-nginx, the whole Ingress. The paths of its hosts are closed; what its default backend would have
 * served alone goes to the controller's own, which the flag is for.
 */
function refusedPlan(plan: IngressPlan): IngressPlan {
  const message =
    "--disable-catch-all is set, so an Ingress with a default backend is not served at all; remove spec.defaultBackend";
  const place = { source: plan.source, field: "spec.defaultBackend", value: "" };
  const hosts = plan.catchAll ? [] : [...plan.hosts].map(([host, paths]) => [host, closeAll(paths, message)] as const);
  return {
    ...closedPlan(plan, message),
    hosts: new Map(hosts),
    defaultBackend: null,
    catchAll: false,
    problems: [errorAt(place, "CatchAllRefused", plan.catchAll ? "not-served" : "closed", message)],
  };
}

/** Its source has told already what is wrong with it. */
function unreadablePlan(plan: IngressPlan, refusal: string): IngressPlan {
  return {
    ...closedPlan(plan, refusal),
    hosts: new Map([...plan.hosts].map(([host, paths]) => [host, closeAll(paths, refusal)])),
    defaultBackend: plan.defaultBackend && { backend: null, refusal },
    problems: [],
  };
}

/** It serves nothing, and what it says about its hosts as a whole counts for nothing. */
function closedPlan(plan: IngressPlan, reason: string): IngressPlan {
  const policy = { ...plan.policy, closed: reason, useRegex: false, rewrite: NO_REWRITE };
  return { ...plan, policy, backends: [], references: [], tlsHosts: NO_TLS_HOSTS, refused: true };
}

function closeAll(paths: readonly PlannedPath[], refusal: string): readonly PlannedPath[] {
  return paths.map((path) => ({ ...path, refusal }));
}

function* planWhole(
  ingress: PlanInput,
  settings: TranslationSettings,
  annotationsPrefix: string,
): Generator<void, IngressPlan> {
  const { namespace, name } = ingress.meta;
  const source: SourceRef = { kind: "Ingress", namespace, name };
  const context = { prefix: annotationsPrefix, source, settings };
  const { policy, references, problems } = parseIngressAnnotations(ingress.meta.annotations, context);
  yield;
  const draft: Draft = { source, hosts: new Map(), backends: [], refs: new Map(), problems: [...problems] };
  const { spec } = ingress;
  const defaultBackend = spec.defaultBackend && planBackend(spec.defaultBackend, "spec.defaultBackend", draft);
  planErrorBackend(policy, annotationsPrefix, draft);
  const catchAll = spec.rules.length === 0 && defaultBackend !== null;
  for (const [index, rule] of spec.rules.entries()) {
    yield* planRule(rule, `spec.rules[${rule.position ?? index}]`, draft);
  }
  if (catchAll) draft.hosts.set(DEFAULT_HOST, policy.canary === null ? [] : [catchAllPath(defaultBackend)]);
  if (spec.rules.length === 0 && spec.defaultBackend === null) {
    const message = "the Ingress has neither rules nor a default backend, so it serves nothing";
    draft.problems.push(warningAt({ source, field: "spec", value: "" }, "EmptyIngress", "none", message));
  }
  const aliases = planAliases(policy, draft);
  // Lists that were pushed to have room for more; plans stay in memory for long.
  const hosts = new Map([...draft.hosts].map(([host, paths]) => [host, paths.slice()] as const));
  return {
    ingress: planInput(ingress),
    key: objectKey(namespace, name),
    source,
    policy,
    hosts,
    aliases,
    defaultBackend,
    catchAll,
    backends: draft.backends.slice(),
    references: [...secretsOf(spec.tls, namespace), ...references],
    tlsHosts: listedHosts(spec.tls),
    problems: draft.problems.slice(),
    refused: false,
  };
}

/**
 * The names of `server-alias`, which are not served yet: what the Ingress guards must not be had under such a name from a wildcard host or
 * from the default server.
 */
function planAliases({ aliases, canary }: IngressPolicy, { hosts }: Draft): ReadonlySet<HostId> {
  if (canary !== null || aliases.length === 0) return NO_ALIASES;
  const closed = new Set<HostId>();
  const refusal = "server-alias is not supported yet: the names are answered 503 until an Ingress has rules for them";
  for (const text of aliases) {
    const host = canonicalHost(text);
    if (host === null || hosts.has(host)) continue;
    closed.add(host);
    hosts.set(host, [
      { ...rulePath("/", "cover"), written: "", backend: null, refusal, field: "metadata.annotations" },
    ]);
  }
  return closed;
}

function secretsOf(tls: readonly IngressTls[], namespace: string): readonly ObjectReference[] {
  const names = new Set(tls.map(({ secretName }) => secretName).filter((name) => name !== ""));
  return [...names].map((name) => ({ kind: "Secret", key: objectKey(namespace, name) }));
}

/** Read once: a host looks for its entry among those of every Ingress that claims it. */
function listedHosts(tls: readonly IngressTls[]): ReadonlyMap<HostId, number> {
  if (tls.length === 0) return NO_TLS_HOSTS;
  const listed = new Map<HostId, number>();
  for (const [index, { hosts }] of tls.entries()) {
    for (const text of hosts) {
      const host = parseRuleHost(text);
      if (host.ok && !listed.has(host.value)) listed.set(host.value, index);
    }
  }
  return listed;
}

/** A canary without rules stands beside the catch-all of the main Ingress. */
function catchAllPath(backend: PlannedBackend): PlannedPath {
  return { ...rulePath("/", "prefix"), written: "/", ...backend, field: "spec.defaultBackend" };
}

/** It is a user of the backend like a path, and told when there is no such Service. */
function planErrorBackend({ errorPages: { backend: name } }: IngressPolicy, prefix: string, draft: Draft): void {
  if (name === null) return;
  const backend = firstPortRef(draft.source.namespace, name);
  const field = `metadata.annotations[${prefix}/default-backend]`;
  draft.backends.push({ backend, field, cost: "errors are answered as if it were not named" });
}

/** Paths between two steps: some hundred microseconds of work. */
const PATHS_A_STEP = 128;

function* planRule(rule: IngressRule, field: string, draft: Draft): Generator<void, void> {
  yield;
  const host = rule.host === "" ? { ok: true as const, value: DEFAULT_HOST } : parseRuleHost(rule.host);
  if (!host.ok) {
    planRefusedHost(rule, { field, error: host.error }, draft);
    return;
  }
  const paths = draft.hosts.get(host.value) ?? [];
  draft.hosts.set(host.value, paths);
  for (const [index, path] of rule.paths?.entries() ?? []) {
    paths.push(planPath(path, pathField(field, path, index), draft));
    if (index % PATHS_A_STEP === PATHS_A_STEP - 1) yield;
  }
}

function pathField(field: string, path: IngressPath, index: number): string {
  return `${field}.http.paths[${path.position ?? index}]`;
}

/**
 * What clients can mean by a host that no Ingress may have, such as `shop.example.com:8080`, is closed on the host that they would ask
 * for. Most such texts no request can name.
 */
function planRefusedHost(rule: IngressRule, { field, error }: { field: string; error: string }, draft: Draft): void {
  const named = canonicalHost(rule.host);
  const cost =
    named === null ? "its rule is not served, and no request can be for it" : `its paths answer 503 on ${named}`;
  const message = `the host cannot be used: ${error}; ${cost}`;
  const place = { source: draft.source, field: `${field}.host`, value: rule.host };
  draft.problems.push(errorAt(place, "InvalidHost", named === null ? "not-served" : "closed", message));
  if (named === null) return;
  const rest: IngressPath = { path: "", pathType: "Prefix", backend: { kind: "unreadable" } };
  const planned = (rule.paths ?? [rest]).map((path, index) => planPath(path, pathField(field, path, index), draft));
  const paths = draft.hosts.get(named) ?? [];
  draft.hosts.set(named, paths);
  for (const path of closeAll(planned, message)) paths.push(path);
}

function planPath(path: IngressPath, field: string, draft: Draft): PlannedPath {
  const { rule, refusal, finding } = readRulePath(path);
  const place = { source: draft.source, field: `${field}.path`, value: path.path };
  if (refusal !== null) {
    const message = `the path cannot be used: ${refusal}; everything that it may mean answers 503`;
    draft.problems.push(errorAt(place, "InvalidPath", "closed", message));
  }
  if (finding !== null) draft.problems.push(warningAt(place, finding.reason, "none", finding.message));
  const planned = planBackend(path.backend, `${field}.backend`, draft);
  return { ...rule, written: path.path, field, backend: planned.backend, refusal: refusal ?? planned.refusal };
}

function planBackend(backend: IngressBackend, field: string, draft: Draft): PlannedBackend {
  if (backend.kind === "unreadable") return { backend: null, refusal: "the backend cannot be read" };
  if (backend.kind === "resource") {
    const place = {
      source: draft.source,
      field: `${field}.resource`,
      value: `${backend.resourceKind} ${backend.name}`,
    };
    const message = "only Services can be backends: the requests of this one are answered 503";
    draft.problems.push(errorAt(place, "UnsupportedBackend", "closed", message));
    return { backend: null, refusal: message };
  }
  const { port } = backend;
  const text = port === null ? "" : port.kind === "number" ? String(port.number) : port.name;
  const id = `${backend.name}:${text}`;
  const ref = draft.refs.get(id) ?? backendRef(draft.source.namespace, backend.name, text);
  draft.refs.set(id, ref);
  draft.backends.push({ backend: ref, field: `${field}.service` });
  return { backend: ref, refusal: null };
}
