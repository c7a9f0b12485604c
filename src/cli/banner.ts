import { printable } from "../lib/printable.ts";
import type { Route } from "../model/route.ts";
import type { VirtualHost } from "../model/virtual-host.ts";
import type { Paint } from "../observability/observability.ts";
import { describeHints } from "./hints.ts";
import { sampleRoutes, type PublicPorts } from "./samples.ts";

export interface BannerFacts {
  readonly version: string;
  readonly paths: readonly string[];
  readonly hosts: Iterable<VirtualHost>;
  /** Of upstreams; a route to one of them answers 503, so it shows nothing. */
  readonly idsWithoutEndpoints: ReadonlySet<string>;
  readonly ports: PublicPorts & { readonly admin: number };
  readonly address: string;
}

/** The lines shown once dev mode serves: where it listens, and for each feature of the manifests a command that shows it. */
export function formatBanner(facts: BannerFacts, paint: Paint): readonly string[] {
  const { version, paths, ports, address } = facts;
  const host = address === "" || address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address;
  const samples = sampleRoutes(facts.hosts, ports);
  const hints = describeHints(samples.filter(({ route }) => !leadsNowhere(route, facts.idsWithoutEndpoints)));
  const width = Math.max(0, ...hints.map(({ title }) => title.length));
  const admin = `http://${host}:${ports.admin}`;
  return [
    "",
    `${paint("bold", `Headgate ${version}`)} serves ${paths.map(printable).join(", ")}`,
    "",
    `  http     http://${host}:${ports.http}`,
    `  https    https://${host}:${ports.https}  (trust it with: curl -so /tmp/headgate-ca.pem ${admin}/dev/ca.pem)`,
    `  metrics  ${admin}/metrics`,
    "",
    ...hints.flatMap(({ title, command, answer }) => [
      `  ${paint("cyan", title.padEnd(width))}  ${printable(command)}`,
      `  ${" ".repeat(width)}  ${paint("dim", `→ ${printable(answer)}`)}`,
    ]),
    ...(hints.length === 0 ? [] : [""]),
    paint("dim", "Files are watched; Ctrl-C stops."),
    "",
  ];
}

function leadsNowhere({ action }: Route, idsWithoutEndpoints: ReadonlySet<string>): boolean {
  return action.kind === "forward" && idsWithoutEndpoints.has(action.upstream);
}
