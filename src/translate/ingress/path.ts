import type { IngressPath } from "../../kubernetes/objects.ts";
import type { PathType } from "../../model/route.ts";
import { certainBeginning } from "../../patterns/patterns.ts";

export interface RulePath {
  /** As written; `/` where the rule gives none. Of a cover: what every path that it may mean begins with. */
  readonly path: string;
  /** `ImplementationSpecific` and a missing type are Prefix. */
  readonly pathType: PathType;
  /** Type and path in one text, made once because large hosts are merged often: equal keys are the same rule. */
  readonly key: string;
}

/** The path of a rule as it is served. */
export interface ReadPath {
  readonly rule: RulePath;
  /** Not null: it cannot be served, and all that it may have meant is closed; half a sentence that says why. */
  readonly refusal: string | null;
  /** Not null: it is served, but hardly as its author thinks. */
  readonly finding: { readonly reason: string; readonly message: string } | null;
}

/** What ingress-nginx's strict path validation lets an Exact or Prefix path consist of. */
const STRICT = /^\/[A-Za-z0-9._\-/]*$/;
/** Requests are matched by their normalised path, which never holds these. */
const NEVER_NORMAL = /\/\/|\/\.{1,2}(?:\/|$)/;
const NEVER_MATCHED = "no request can match it: request paths are normalised, without // . and ..";
const CONTROL = /[\u0000-\u001f\u007f]/;
const LENGTH_LIMIT = 4096;

/**
 * Reads path and type of one rule. Whatever the characters, the text is served, as ingress-nginx does it: literally, or as a regex on a
 * host in regex mode. Only what can be nothing of both is refused.
 */
export function readRulePath(written: Pick<IngressPath, "path" | "pathType" | "unreadable">): ReadPath {
  const path = written.path === "" ? "/" : written.path;
  const refusal = refusalOf(written, path);
  if (refusal !== null) return { rule: cover(path), refusal, finding: null };
  const rule = rulePath(path, written.pathType === "Exact" ? "exact" : "prefix");
  return { rule, refusal: null, finding: findingOf(written.pathType, path) };
}

function cover(text: string): RulePath {
  return { path: certainBeginning(text), pathType: "cover", key: ruleKey(text, "cover") };
}

function refusalOf({ unreadable }: Pick<IngressPath, "unreadable">, path: string): string | null {
  if (unreadable === "path") return "it cannot be read";
  if (unreadable === "pathType") return "its pathType cannot be read";
  if (!path.startsWith("/")) return "a path must begin with a slash";
  if (path.length > LENGTH_LIMIT) return `a path may have ${LENGTH_LIMIT} characters`;
  return CONTROL.test(path) ? "a path must not hold control characters" : null;
}

function findingOf(pathType: IngressPath["pathType"], path: string): ReadPath["finding"] {
  if (pathType !== "Exact" && pathType !== "Prefix") return null;
  if (NEVER_NORMAL.test(path)) return { reason: "UnmatchablePath", message: NEVER_MATCHED };
  if (STRICT.test(path)) return null;
  const message = `pathType ${pathType} is meant for letters, digits, dots, underscores, hyphens and slashes, and ingress-nginx's webhook refuses others unless strict-validate-path-type is "false": the path is taken literally, or as a regex if the host's paths are regexes; use ImplementationSpecific`;
  return { reason: "UnusualPath", message };
}

export function rulePath(path: string, pathType: PathType): RulePath {
  return { path, pathType, key: ruleKey(path, pathType) };
}

export function ruleKey(path: string, pathType: PathType): string {
  return `${pathType} ${path}`;
}

/** Plain Prefix rules that differ only in trailing slashes are one rule. */
export function canonicalPath(path: string, pathType: PathType): string {
  if (pathType !== "prefix") return path;
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}
