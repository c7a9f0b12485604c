import { shellWord } from "../lib/shell-word.ts";
import { compileRewrite } from "../router/router.ts";
import type { Affinity, Backend, CanaryRule } from "../model/forward.ts";
import type { Route } from "../model/route.ts";
import type { Sample, Target } from "./samples.ts";

/** A command to try, and what it answers. */
export interface Hint {
  readonly title: string;
  readonly command: string;
  readonly answer: string;
}

interface Feature {
  readonly title: string;
  /** Hints shown at most: one is enough to try a feature. */
  readonly limit: number;
  /** Null when the route does not have the feature. */
  readonly describe: (sample: Sample) => Omit<Hint, "title"> | null;
}

const FEATURES: readonly Feature[] = [
  { title: "path routing", limit: 3, describe: describePlain },
  { title: "TLS redirect", limit: 1, describe: describeRedirect },
  { title: "TLS", limit: 1, describe: describeTls },
  { title: "rewrite", limit: 1, describe: describeRewrite },
  { title: "header canary", limit: 1, describe: describeHeaderCanary },
  { title: "cookie canary", limit: 1, describe: describeCookieCanary },
  { title: "weighted canary", limit: 1, describe: describeWeightedCanary },
  { title: "sticky service", limit: 1, describe: describeAffinity },
  { title: "rate limit", limit: 1, describe: describeLimit },
];

/** What the routes being served can show, feature by feature, as commands for a shell. */
export function describeHints(samples: readonly Sample[]): readonly Hint[] {
  return FEATURES.flatMap(({ title, limit, describe }) =>
    samples
      .map(describe)
      .filter((hint) => hint !== null)
      .slice(0, limit)
      .map((hint) => ({ title, ...hint })),
  );
}

function describePlain({ route, target, redirectsToHttps }: Sample): Omit<Hint, "title"> | null {
  const { rewrite, limits } = route.filters;
  if (redirectsToHttps || rewrite !== undefined || limits !== undefined) return null;
  if (canaryOf(route) !== null || affinityOf(route) !== null) return null;
  return { command: curl(target), answer: `Service ${route.service.name}` };
}

function describeRedirect({ http, https, redirectsToHttps }: Sample): Omit<Hint, "title"> | null {
  if (!redirectsToHttps) return null;
  // With -L added, curl must not end up at the real host either.
  return { command: curl(http, joined("-i", resolveOption(https))), answer: `308 to ${https.url}` };
}

function describeTls({ route, https, hasCertificate }: Sample): Omit<Hint, "title"> | null {
  if (!hasCertificate) return null;
  return { command: curl(https), answer: `Service ${route.service.name}, over HTTP/2` };
}

function describeRewrite({ route, path, target }: Sample): Omit<Hint, "title"> | null {
  const rewrite = compileRewrite(route);
  if (rewrite === null) return null;
  return { command: curl(target), answer: `Service ${route.service.name} sees ${rewrite.apply(path, "")}` };
}

function describeHeaderCanary({ route, target }: Sample): Omit<Hint, "title"> | null {
  const canary = canaryOf(route);
  const header = canary?.rule.header ?? null;
  if (canary === null || header === null || header.kind === "pattern") return null;
  const value = header.kind === "value" ? header.value : "always";
  return { command: curl(target, `-H ${shellWord(`${header.name}: ${value}`)}`), answer: nameOf(canary) };
}

function describeCookieCanary({ route, target }: Sample): Omit<Hint, "title"> | null {
  const canary = canaryOf(route);
  if (canary === null || canary.rule.cookie === null) return null;
  return { command: curl(target, `-b ${shellWord(`${canary.rule.cookie}=always`)}`), answer: nameOf(canary) };
}

function describeWeightedCanary({ route, target }: Sample): Omit<Hint, "title"> | null {
  const canary = canaryOf(route);
  if (canary === null || canary.rule.weight === 0) return null;
  const command = `for i in $(seq 100); do ${curl(target, "-s")} | grep '"service"'; done | sort | uniq -c`;
  const percent = Math.min(100, Math.round((100 * canary.rule.weight) / canary.rule.weightTotal));
  return { command, answer: `about ${percent} of 100 from ${nameOf(canary)}` };
}

function describeAffinity({ route, target }: Sample): Omit<Hint, "title"> | null {
  const affinity = affinityOf(route);
  if (affinity === null || !affinity.setsCookie) return null;
  const jar = "/tmp/headgate.jar";
  const command = `for i in $(seq 5); do ${curl(target, `-s -c ${jar} -b ${jar}`)} | grep '"endpoint"'; done`;
  return { command, answer: `the same endpoint each time, by the cookie ${affinity.cookieName}` };
}

function describeLimit({ route, target }: Sample): Omit<Hint, "title"> | null {
  const limit = route.filters.limits?.requestsPerSecond ?? route.filters.limits?.requestsPerMinute ?? null;
  if (limit === null) return null;
  const total = limit.burst + 5;
  const command = `for i in $(seq ${total}); do ${curl(target, "-s -o /dev/null -w '%{http_code} '")}; done; echo`;
  return { command, answer: `200 for the first ${limit.burst + 1}, then 503` };
}

type Canary = Backend & { readonly rule: CanaryRule };

function canaryOf({ action }: Route): Canary | null {
  const canary = action.kind === "forward" ? action.backends.find(({ rule }) => rule !== null) : undefined;
  return canary === undefined || canary.rule === null ? null : { ...canary, rule: canary.rule };
}

function affinityOf({ action }: Route): Affinity | null {
  return action.kind === "forward" ? (action.backends[0]?.affinity ?? null) : null;
}

function nameOf(canary: Canary): string {
  return `Service ${canary.service.name}`;
}

function curl(target: Target, options = ""): string {
  const { url } = target;
  return joined("curl", url.startsWith("https:") ? "-k" : "", options, resolveOption(target), shellWord(url));
}

function resolveOption({ resolve }: Target): string {
  return resolve === "" ? "" : `--resolve ${shellWord(resolve)}`;
}

function joined(...words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}
