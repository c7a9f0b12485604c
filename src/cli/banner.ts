import { printable } from "../lib/printable.ts";
import type { Route } from "../model/route.ts";
import type { VirtualHost } from "../model/virtual-host.ts";
import type { Paint } from "../observability/observability.ts";
import { describeHints } from "./hints.ts";
import { aliasOf } from "./dev/localhost-hosts.ts";
import { type PublicPlace, reachableAddress, sampleRoutes } from "./samples.ts";

export interface BannerFacts {
  readonly version: string;
  readonly paths: readonly string[];
  readonly hosts: Iterable<VirtualHost>;
  /** Of upstreams; a route to one of them answers 503, so it shows nothing. */
  readonly idsWithoutEndpoints: ReadonlySet<string>;
  readonly place: PublicPlace;
  readonly adminPort: number;
}

/** The lines shown once dev mode serves: where it listens, and for each feature of the manifests a command that shows it. */
export function formatBanner(facts: BannerFacts, paint: Paint): readonly string[] {
  const { version, paths, place } = facts;
  const host = reachableAddress(place.address);
  const hosts = [...facts.hosts];
  const samples = sampleRoutes(hosts, place);
  const hints = describeHints(samples.filter(({ route }) => !leadsNowhere(route, facts.idsWithoutEndpoints)));
  const width = Math.max(0, ...hints.map(({ title }) => title.length));
  const admin = `http://${host}:${facts.adminPort}`;
  return [
    "",
    `${paint("bold", `Headgate ${version}`)} serves ${paths.map((path) => (path === "-" ? "standard input" : printable(path))).join(", ")}`,
    "",
    `  http     http://${host}:${place.http}`,
    `  https    https://${host}:${place.https}  (trust it with: curl -so /tmp/headgate-ca.pem ${admin}/dev/ca.pem)`,
    `  metrics  ${admin}/metrics`,
    ...describeAliases(hosts, place),
    "",
    ...hints.flatMap(({ title, command, answer }) => [
      `  ${paint("cyan", title.padEnd(width))}  ${printable(command)}`,
      `  ${" ".repeat(width)}  ${paint("dim", `→ ${printable(answer)}`)}`,
    ]),
    ...(hints.length === 0 ? [] : [""]),
    paint("dim", paths.every((path) => path === "-") ? "Ctrl-C stops." : "Files are watched; Ctrl-C stops."),
    "",
  ];
}

/** For browsers, which know no `--resolve`. */
function describeAliases(hosts: readonly VirtualHost[], place: PublicPlace): readonly string[] {
  const names = hosts.map(({ id }) => id).toSorted();
  const [alias] = [...names.filter((id) => !id.startsWith("*")), ...names].flatMap(
    (id) => aliasOf(id.replace(/^\*/, "demo")) ?? [],
  );
  if (alias === undefined) return [];
  return [`  hosts    each one also as HOST.localhost: http://${alias}:${place.http}`];
}

function leadsNowhere({ action }: Route, idsWithoutEndpoints: ReadonlySet<string>): boolean {
  return action.kind === "forward" && idsWithoutEndpoints.has(action.backends[0]?.upstream ?? "");
}
