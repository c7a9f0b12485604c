import { type IngressPolicy, NO_REWRITE } from "../../annotations/annotations.ts";
import type { BackendRef } from "../shared/backend.ts";
import { canonicalPath, rulePath, type RulePath } from "./path.ts";
import type { IngressPlan, PlannedPath } from "./plan.ts";

/** A path of a host with the Ingress that won it: a route before its filters are worked out. */
export interface Location extends RulePath {
  /** True for the `/` that every host has even where no rule asks for it. */
  readonly implicit: boolean;
  /** Null for the built-in default route. */
  readonly plan: IngressPlan | null;
  /** The plan's policy, as far as it applies here; null with the plan. */
  readonly policy: IngressPolicy | null;
  /** Null: what serves paths that no rule matches, unless the location is refused. */
  readonly backend: BackendRef | null;
  /** Not null: the location cannot be served and is closed; the text says why. */
  readonly refusal: string | null;
  /** Null where no rule wrote it. */
  readonly rule: PlannedPath | null;
}

export function ruleLocation(plan: IngressPlan, rule: PlannedPath): Location {
  const { path, pathType, key, backend, refusal } = rule;
  return { path, pathType, key, implicit: false, plan, policy: plan.policy, backend, refusal, rule };
}

/** `/` of a host: it carries the annotations of the first Ingress of the host, and its default backend if it has one. */
export function implicitRoot(plan: IngressPlan): Location {
  return { ...ROOT, plan, policy: plan.policy, ...defaultBackendOf(plan) };
}

function defaultBackendOf({ defaultBackend }: IngressPlan): Pick<Location, "backend" | "refusal"> {
  return defaultBackend ?? { backend: null, refusal: null };
}

/** `/` of the default server, where an Ingress without rules took it: its redirects and rewrites do not apply. */
export function catchAllRoot(plan: IngressPlan): Location {
  const tlsRedirect = { whenCertificate: false, always: false, preserveTrailingSlash: false };
  const policy = { ...plan.policy, rewrite: NO_REWRITE, useRegex: false, appRoot: null, tlsRedirect };
  return { ...ROOT, plan, policy, ...defaultBackendOf(plan) };
}

const ROOT = { ...rulePath("/", "prefix"), implicit: true, rule: null } as const;

/** `/` of the default server, where no Ingress took it. */
export const BUILT_IN_ROOT: Location = {
  ...ROOT,
  plan: null,
  policy: null,
  backend: null,
  refusal: null,
};

/**
 * The rewrite target, where it changes anything. A target equal to the path is none, but ingress-nginx first gives a Prefix path its
 * trailing slash: so `/foo` to `/foo` is a rewrite after all, while `/foo/` to `/foo/` and `/` to `/` are not.
 */
export function activeRewrite(location: Location): string | null {
  const target = location.policy?.rewrite.target ?? null;
  if (target === null || target === "" || location.pathType === "cover") return null;
  return target === location.path && !isSelfRewrite(location) ? null : target;
}

/** True for the Prefix path that is its own target and is rewritten nevertheless. */
export function isSelfRewrite(location: Location): boolean {
  if (location.pathType !== "prefix" || location.policy?.rewrite.target !== location.path) return false;
  return location.path !== "/" && `${canonicalPath(location.path, "prefix")}/` !== location.path;
}

/** True where the location turns its whole host to regex matching. */
export function wantsRegex(location: Location): boolean {
  return location.policy?.useRegex === true || activeRewrite(location) !== null;
}
