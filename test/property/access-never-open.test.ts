import fc from "fast-check";
import { expect, test } from "vitest";
import type { Ingress, IngressBackend, IngressPath } from "../../src/kubernetes/objects.ts";
import { isGuarded } from "../../src/model/route.ts";
import type { Route } from "../../src/model/route.ts";
import { compileHost, parseTarget } from "../../src/router/router.ts";
import { translateAll } from "../../src/translate/translate.ts";
import { backend, ingress, service } from "../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../support/builders/translate-options.ts";

/**
 * The promise: no refusal of any part of an object lets its requests pass by its access control. Random hosts are translated and
 * compiled; a reference that holds rather too much says which requests a guarded rule may have been for, and before which others.
 */

const HOST = "h.test";
const RESOURCE: IngressBackend = { kind: "resource", apiGroup: "", resourceKind: "Bucket", name: "b" };

const written = fc.constantFrom(
  "/",
  "/admin",
  "/admin/",
  "/admin/login",
  "/a",
  "/admin(/|$)(.*)",
  "/v1/users:delete",
  "/@admin",
  "/~root",
  "/a b",
  "/a%20b",
  "//admin",
  "/x/../admin",
  "/((?!public|static).*)",
  "/api/v1/((?!health|ready).*)",
  "/(?<!x)admin",
  "/adm(?<=m)in",
  "/(a|x)\\1",
  "/admin++",
  "/admin|/x(?<!y)",
  "/.*",
  "/[a-z]+/login",
  "/open(",
  "/ad\nmin",
  "/caf\u00e9",
);
const type = fc.constantFrom<IngressPath["pathType"][]>("Exact", "Prefix", "ImplementationSpecific", null);
const path: fc.Arbitrary<IngressPath> = fc.record({
  path: written,
  pathType: type,
  backend: fc.constantFrom(backend("web:80"), backend("web:80"), backend("missing:80"), RESOURCE, {
    kind: "unreadable" as const,
  }),
});
const unreadablePath = fc.constantFrom<IngressPath>(
  { path: "", pathType: null, backend: backend("web:80"), unreadable: "path" },
  { path: "admin", pathType: "Prefix", backend: backend("web:80") },
  { path: "/admin", pathType: null, backend: backend("web:80"), unreadable: "pathType" },
);
const GUARDS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  {},
  {},
  {},
  { "limit-rps": "5" },
  { "auth-url": "http://auth.test" },
  { "whitelist-source-range": "" },
  { "limit-allowlist": "nonsense", "limit-rps": "1" },
  { "auth-tls-secret": "a/b" },
];
const REGEX: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { "use-regex": "true" },
  { "rewrite-target": "/$2" },
];

interface Drawn {
  readonly guard: Readonly<Record<string, string>>;
  readonly regex: Readonly<Record<string, string>>;
  readonly age: number;
  readonly paths: readonly IngressPath[];
}
const drawn: fc.Arbitrary<Drawn> = fc.record({
  guard: fc.constantFrom(...GUARDS),
  regex: fc.constantFrom(...REGEX),
  age: fc.nat({ max: 3 }),
  paths: fc.array(fc.oneof({ weight: 30, arbitrary: path }, { weight: 1, arbitrary: unreadablePath }), {
    minLength: 1,
    maxLength: 4,
  }),
});
const target = fc.constantFrom(
  "/",
  "/admin",
  "/admin/",
  "/admin/x",
  "/ADMIN/x",
  "/admin/login",
  "/a",
  "/a/b",
  "/a%20b",
  "/a%2520b",
  "/v1/users:delete",
  "/@admin/x",
  "/~root",
  "/public/x",
  "/private",
  "/api/v1/health",
  "/api/v1/users",
  "/aa",
  "/xx",
  "/x",
  "/open(",
  "/openx",
  "/ad%0Amin",
  "/caf%C3%A9",
  "//admin//x",
  "/admin%28/|$%29%28.*%29",
);

test("no request that a guarded rule may have been for is forwarded by a route without access control", () => {
  let judged = 0;
  let guarded = 0;
  fc.assert(
    fc.property(
      fc.array(drawn, { minLength: 1, maxLength: 4 }),
      fc.array(target, { minLength: 1, maxLength: 8 }),
      (parts, targets) => {
        const objects = parts.map(toIngress);
        const { model } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot([service("t/web"), ...objects]));
        const host = model.virtualHosts.get(HOST);
        expect(host).toBeDefined();
        if (host === undefined) return;
        const compiled = compileHost(host, (route) => route);
        const rules = guardedRules(parts).filter((rule) => rule.ofHost || !losesToOlder(rule, parts));
        for (const text of targets) {
          const view = parseTarget(text);
          if (!view.ok) continue;
          const match = compiled.match(view.value.path);
          if (match?.kind !== "route") continue;
          judged++;
          const route = match.payload;
          const open = route.action.kind === "forward" && !isGuarded(route);
          if (!open) {
            guarded++;
            continue;
          }
          const bypassed = rules.filter((rule) => mayBeFor(rule, view.value.path, { served: route, host, parts }));
          expect(
            bypassed.map(({ written: text }) => `${text} guards ${view.value.path}, served by ${route.id}`),
          ).toEqual([]);
        }
      },
    ),
    { numRuns: 3000 },
  );
  // Were everything closed, or nothing, the promise would be empty.
  expect(judged - guarded).toBeGreaterThan(300);
  expect(guarded).toBeGreaterThan(300);
});

function toIngress({ guard, regex, age, paths }: Drawn, index: number): Ingress {
  return ingress(`t/i${index}`, {
    createdAtMs: age,
    annotations: { ...guard, ...regex },
    rules: [{ host: HOST, paths }],
  });
}

interface GuardedRule {
  readonly written: string;
  readonly type: "exact" | "prefix";
  readonly owner: number;
  readonly ofHost: boolean;
  readonly unreadable: IngressPath["unreadable"];
}

function guardedRules(parts: readonly Drawn[]): readonly GuardedRule[] {
  return parts.flatMap(({ guard, paths }, owner) =>
    Object.keys(guard).length === 0
      ? []
      : paths.map((each) => ({
          written: each.path === "" ? "/" : each.path,
          type: each.pathType === "Exact" ? ("exact" as const) : ("prefix" as const),
          owner,
          ofHost: "auth-tls-secret" in guard,
          unreadable: each.unreadable,
        })),
  );
}

interface Served {
  readonly served: Route;
  readonly host: { readonly regexMode: boolean };
  readonly parts: readonly Drawn[];
}

/** Whether a guarded rule may have been for the path, and would have had it rather than the route that serves it. */
function mayBeFor(rule: GuardedRule, path: string, served: Served): boolean {
  if (rule.ofHost) return true;
  const asText = Buffer.from(path, "latin1").toString("utf8");
  const byText = comesFirst(rule, served);
  if (rule.unreadable === "path" || !rule.written.startsWith("/")) return true;
  // Both roots are the regex `^/`, and ingress-nginx tries the Prefix one first: all that an Exact one can mean is `/` itself.
  if (rule.written === "/" && rule.type === "exact") {
    return asText === "/" && served.served.path === "/" && served.served.pathType === "prefix";
  }
  const isRegex = served.host.regexMode || /[*+?()[\]{}|^$\\]/.test(rule.written);
  if (isRegex && mayMatchAsRegex(rule.written, asText) && byText) return true;
  if (served.host.regexMode) return false;
  return readings(rule.written).some((text) => matchesAsText(rule.type, text, asText) && beats(rule, text, served));
}

/** The order of regex mode: the longer text, of equally long ones the greater, of equal ones the older. */
function comesFirst(rule: GuardedRule, { served, parts }: Served): boolean {
  if (served.implicit) return true;
  const a = Buffer.from(rule.written);
  const b = Buffer.from(served.path);
  const order = b.length - a.length || Buffer.compare(b, a);
  // Of equal texts the Exact one has the path, unless the other calls itself a regex.
  const { regex = {} } = parts[rule.owner] ?? {};
  if (order === 0 && served.pathType === "exact" && rule.type === "prefix" && Object.keys(regex).length === 0)
    return false;
  return order === 0 ? isOlder(rule, served, parts) : order < 0;
}

function beats(rule: GuardedRule, text: string, { served, parts }: Served): boolean {
  if (served.implicit) return true;
  if (rule.type !== served.pathType) return rule.type === "exact";
  const length = trimmed(text).length - trimmed(served.path).length;
  return length > 0 || (length === 0 && text === rule.written && isOlder(rule, served, parts));
}

/** An older rule of the same type and text has it, whatever guards this one. */
function losesToOlder(rule: GuardedRule, parts: readonly Drawn[]): boolean {
  return parts.some(({ age, paths }, index) => {
    const own = parts[rule.owner]?.age ?? 0;
    if (age === own ? index <= rule.owner : age > own) return false;
    return paths.some(({ path: text, pathType, unreadable }) => {
      const same = (pathType === "Exact" ? "exact" : "prefix") === rule.type && unreadable === undefined;
      return same && (rule.type === "exact" ? text === rule.written : trimmed(text) === trimmed(rule.written));
    });
  });
}

function isOlder(rule: GuardedRule, served: Route, parts: readonly Drawn[]): boolean {
  const other = Number(served.source?.name.slice(1));
  if (other === rule.owner) return false;
  const age = (parts[rule.owner]?.age ?? 0) - (parts[other]?.age ?? 0);
  return age === 0 ? rule.owner > other : age < 0;
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}

/** A rule as written, and as a request with its text would be read. */
function readings(text: string): readonly string[] {
  try {
    return [text, new URL(text.replace(/\/{2,}/g, "/"), "http://x").pathname].map((each) => decodeURIComponent(each));
  } catch {
    return [text];
  }
}

function matchesAsText(kind: "exact" | "prefix", rule: string, path: string): boolean {
  if (kind === "exact") return rule === path;
  return rule === path || path.startsWith(`${trimmed(rule)}/`);
}

/** V8 is the oracle where it knows the syntax; elsewhere the text up to the first character with a meaning. */
function mayMatchAsRegex(text: string, path: string): boolean {
  try {
    return new RegExp(`^${text}`, "i").test(path);
  } catch {
    const beginning = /^[\w/@~:. -]*/.exec(text)?.[0].replace(/.$/, "") ?? "";
    return path.toLowerCase().startsWith(beginning.toLowerCase());
  }
}
