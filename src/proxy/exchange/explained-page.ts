import { describeReason, type ReasonFacts, SPEAKS_TLS } from "../../model/reason-words.ts";
import { reasonOf } from "../../model/reasons.ts";
import { DEFAULT_HOST } from "../../model/virtual-host.ts";
import type { RequestContext } from "../request/context.ts";

/** Hosts that a page lists. */
const HOSTS_LISTED = 30;

/** For a developer: the cause of an error in words, what helps, and commands for a shell. Plain text that holds text of the client. */
export function explainError(context: RequestContext, facts: ReasonFacts): string {
  const helps = HELPS[facts.errorCode]?.(context, facts) ?? [reasonOf(facts.errorCode).advice];
  return [sentence(describeReason(facts)), ...helps].filter((line) => line !== "").join("\n");
}

type Help = (context: RequestContext, facts: ReasonFacts) => readonly string[];

const HELPS: Readonly<Record<string, Help>> = {
  "no-route": (context) => listHosts(context),
  "no-endpoints": (_context, facts) => [whereItRuns(facts)],
  "connect-failed": (_context, facts) => {
    const last = facts.attempts.at(-1);
    if (last?.failure === "tls-failed") return [annotate(facts, "backend-protocol=HTTP")];
    return [`Start it there. ${whereItRuns(facts)}`];
  },
  malformed: (_context, facts) =>
    facts.attempts.at(-1)?.failureDetail === SPEAKS_TLS ? [annotate(facts, "backend-protocol=HTTPS")] : [],
  reset: (_context, facts) => [annotate(facts, "backend-protocol=HTTPS")],
};

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function whereItRuns({ route }: ReasonFacts): string {
  const { namespace = "", name = "", port = "" } = route?.service ?? {};
  if (name === "") return "";
  return `Say where it runs with --map ${namespace}/${name}:${port}=3000, or give it an echo backend with --demo.`;
}

function annotate({ route }: ReasonFacts, setting: string): string {
  const source = route?.source;
  if (source === null || source === undefined) return "";
  const [name = "", value = ""] = setting.split("=");
  return (
    `In the manifest of Ingress ${source.namespace}/${source.name}: nginx.ingress.kubernetes.io/${name}: "${value}", in a cluster:\n` +
    `kubectl annotate ingress ${source.name} -n ${source.namespace} nginx.ingress.kubernetes.io/${setting}`
  );
}

function listHosts({ hosts: table, connection, virtualHost }: RequestContext): readonly string[] {
  if (virtualHost !== null && !virtualHost.isDefault) {
    const paths = virtualHost.virtualHost.routes
      .filter(({ implicit }) => !implicit)
      .map(({ pathType, path }) => `  ${pathType} ${path}`);
    return [`Paths of ${virtualHost.id}:`, ...paths.slice(0, HOSTS_LISTED)];
  }
  const names = new Set(table.names());
  // Those of them that this machine finds by itself, where a host is served under such a name, too.
  const hosts = [...names].filter((name) => name !== DEFAULT_HOST && !names.has(`${name}.localhost`)).sort();
  if (hosts.length === 0) return ["No host is served: no Ingress has a rule with a host."];
  const origin = (host: string): string =>
    `${connection.tls === null ? "http" : "https"}://${host.replace("*", "any")}:${connection.localPort}/`;
  const more = hosts.length > HOSTS_LISTED ? [`  and ${hosts.length - HOSTS_LISTED} more`] : [];
  return ["Hosts served:", ...hosts.slice(0, HOSTS_LISTED).map((host) => `  ${origin(host)}`), ...more];
}
