import type { IngressPath } from "../../kubernetes/objects.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { PathType } from "../../model/route.ts";

export interface RulePath {
  /** As written; `/` where the rule gives none. */
  readonly path: string;
  /** `ImplementationSpecific` and a missing type are Prefix. */
  readonly pathType: PathType;
  /** Type and path in one text, made once because large hosts are merged often: equal keys are the same rule. */
  readonly key: string;
}

/** What ingress-nginx's strict path validation lets an Exact or Prefix path consist of. */
const STRICT = /^\/[A-Za-z0-9._\-/]*$/;
/** Requests are matched by their normalised path, which never holds these. */
const NEVER_NORMAL = /\/\/|\/\.{1,2}(?:\/|$)/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const LENGTH_LIMIT = 4096;

/** Reads path and type of one rule. `ImplementationSpecific` may hold anything, since it may be a regex. */
export function parseRulePath(written: Pick<IngressPath, "path" | "pathType">): Result<RulePath> {
  const path = written.path === "" ? "/" : written.path;
  const pathType = written.pathType === "Exact" ? "exact" : "prefix";
  if (!path.startsWith("/")) return err("a path must begin with a slash");
  if (path.length > LENGTH_LIMIT) return err(`a path may have ${LENGTH_LIMIT} characters`);
  if (CONTROL.test(path)) return err("a path must not hold control characters");
  if (written.pathType === null || written.pathType === "ImplementationSpecific") return ok(rulePath(path, pathType));
  if (!STRICT.test(path)) {
    return err(
      `pathType ${written.pathType} allows only letters, digits, dots, underscores, hyphens and slashes: use ImplementationSpecific for other characters and for regexes`,
    );
  }
  if (NEVER_NORMAL.test(path)) return err("no request can match it: request paths are normalised, without // . and ..");
  return ok(rulePath(path, pathType));
}

export function rulePath(path: string, pathType: PathType): RulePath {
  return { path, pathType, key: ruleKey(path, pathType) };
}

export function ruleKey(path: string, pathType: PathType): string {
  return `${pathType} ${path}`;
}

/** Plain Prefix rules that differ only in trailing slashes are one rule. */
export function canonicalPath(path: string, pathType: PathType): string {
  if (pathType === "exact") return path;
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}
