import { type IngressPolicy, parseIngressAnnotations } from "../../annotations/annotations.ts";
import { keyOf, objectKey, type ObjectKey } from "../../kubernetes/object-key.ts";
import type { Ingress, IngressBackend, IngressPath, IngressRule } from "../../kubernetes/objects.ts";
import { parseRuleHost } from "../../lib/host-name.ts";
import type { Problem } from "../../model/problem.ts";
import type { RouteSettings } from "../../model/settings.ts";
import type { SourceRef } from "../../model/source.ts";
import { DEFAULT_HOST, type HostId } from "../../model/virtual-host.ts";
import type { TranslateOptions } from "../options.ts";
import { type BackendRef, backendRef } from "../shared/backend.ts";
import { parseRulePath, rulePath, type RulePath } from "./path.ts";
import { errorAt, warningAt } from "../shared/problem-at.ts";

/** One Ingress by itself: everything that can be said without looking at any other object. */
export interface IngressPlan {
  readonly ingress: Ingress;
  readonly key: ObjectKey;
  readonly source: SourceRef;
  readonly policy: IngressPolicy;
  /** The hosts it claims, with the usable paths of each in the order they are written. */
  readonly hosts: ReadonlyMap<HostId, readonly PlannedPath[]>;
  /** `spec.defaultBackend`, where it is a Service. */
  readonly defaultBackend: BackendRef | null;
  /** True for a default backend without rules: it serves what no other host matches. */
  readonly catchAll: boolean;
  /** Every Service port it refers to, and where. */
  readonly backends: readonly PlannedBackend[];
  /** The Secrets of its TLS section. */
  readonly secrets: readonly ObjectKey[];
  readonly problems: readonly Problem[];
  /** True when nothing of it is served, because the command line says so. */
  readonly refused: boolean;
}

export interface PlannedPath extends RulePath {
  /** As in the object; may be empty. */
  readonly written: string;
  readonly backend: BackendRef;
  /** Such as `spec.rules[0].http.paths[1]`. */
  readonly field: string;
}

interface PlannedBackend {
  readonly backend: BackendRef;
  readonly field: string;
}

/** What is collected on the way through one Ingress. */
interface Draft {
  readonly source: SourceRef;
  readonly hosts: Map<HostId, PlannedPath[]>;
  readonly backends: PlannedBackend[];
  readonly problems: Problem[];
}

/** Reads one Ingress. Pure; a part that cannot be used costs a problem and nothing else. */
export function planIngress(ingress: Ingress, settings: RouteSettings, options: TranslateOptions): IngressPlan {
  const plan = planWhole(ingress, settings, options.annotationsPrefix);
  return options.defaultBackends === "refused" && ingress.spec.defaultBackend !== null ? refusedPlan(plan) : plan;
}

/** With rules or without: as ingress-nginx, the whole Ingress. */
function refusedPlan(plan: IngressPlan): IngressPlan {
  const message =
    "--disable-catch-all is set, so an Ingress with a default backend is not served at all; remove spec.defaultBackend";
  const place = { source: plan.source, field: "spec.defaultBackend", value: "" };
  return {
    ...plan,
    hosts: new Map(),
    defaultBackend: null,
    catchAll: false,
    backends: [],
    secrets: [],
    problems: [errorAt(place, "CatchAllRefused", "not-served", message)],
    refused: true,
  };
}

function planWhole(ingress: Ingress, settings: RouteSettings, annotationsPrefix: string): IngressPlan {
  const { namespace, name } = ingress.meta;
  const source: SourceRef = { kind: "Ingress", namespace, name };
  const context = { prefix: annotationsPrefix, source, settings };
  const { policy, problems } = parseIngressAnnotations(ingress.meta.annotations, context);
  const draft: Draft = { source, hosts: new Map(), backends: [], problems: [...problems] };
  const { spec } = ingress;
  const defaultBackend = spec.defaultBackend && planBackend(spec.defaultBackend, "spec.defaultBackend", draft);
  const catchAll = spec.rules.length === 0 && defaultBackend !== null;
  spec.rules.forEach((rule, index) => planRule(rule, `spec.rules[${rule.position ?? index}]`, draft));
  if (catchAll) draft.hosts.set(DEFAULT_HOST, policy.canary === null ? [] : [catchAllPath(defaultBackend)]);
  if (spec.rules.length === 0 && spec.defaultBackend === null) {
    const message = "the Ingress has neither rules nor a default backend, so it serves nothing";
    draft.problems.push(warningAt({ source, field: "spec", value: "" }, "EmptyIngress", "none", message));
  }
  const named = spec.tls.flatMap((tls) => (tls.secretName === "" ? [] : [objectKey(namespace, tls.secretName)]));
  const { hosts, backends } = draft;
  const secrets = [...new Set(named)];
  return {
    ingress,
    key: keyOf(ingress),
    source,
    policy,
    hosts,
    defaultBackend,
    catchAll,
    backends,
    secrets,
    problems: draft.problems,
    refused: false,
  };
}

/** A canary without rules stands beside the catch-all of the main Ingress. */
function catchAllPath(backend: BackendRef): PlannedPath {
  return { ...rulePath("/", "prefix"), written: "/", backend, field: "spec.defaultBackend" };
}

function planRule(rule: IngressRule, field: string, draft: Draft): void {
  const host = rule.host === "" ? { ok: true as const, value: DEFAULT_HOST } : parseRuleHost(rule.host);
  if (!host.ok) {
    const place = { source: draft.source, field: `${field}.host`, value: rule.host };
    const message = `the host cannot be used: ${host.error}; its rule is not served`;
    draft.problems.push(errorAt(place, "InvalidHost", "not-served", message));
    return;
  }
  const paths = draft.hosts.get(host.value) ?? [];
  draft.hosts.set(host.value, paths);
  rule.paths?.forEach((path, index) => {
    const planned = planPath(path, `${field}.http.paths[${path.position ?? index}]`, draft);
    if (planned !== null) paths.push(planned);
  });
}

function planPath(path: IngressPath, field: string, draft: Draft): PlannedPath | null {
  const parsed = parseRulePath(path);
  if (!parsed.ok) {
    const place = { source: draft.source, field: `${field}.path`, value: path.path };
    const message = `the path cannot be used: ${parsed.error}; it is not served`;
    draft.problems.push(errorAt(place, "InvalidPath", "not-served", message));
    return null;
  }
  const backend = planBackend(path.backend, `${field}.backend`, draft);
  return backend === null ? null : { ...parsed.value, written: path.path, backend, field };
}

function planBackend(backend: IngressBackend, field: string, draft: Draft): BackendRef | null {
  if (backend.kind === "resource") {
    const place = {
      source: draft.source,
      field: `${field}.resource`,
      value: `${backend.resourceKind} ${backend.name}`,
    };
    const message =
      "only Services can be backends: this one is left out, and its requests fall to the root of the host";
    draft.problems.push(errorAt(place, "UnsupportedBackend", "not-served", message));
    return null;
  }
  const { port } = backend;
  const text = port === null ? "" : port.kind === "number" ? String(port.number) : port.name;
  const ref = backendRef(draft.source.namespace, backend.name, text);
  draft.backends.push({ backend: ref, field: `${field}.service` });
  return ref;
}
