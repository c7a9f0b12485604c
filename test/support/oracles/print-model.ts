import { stringify } from "yaml";
import { onlyShard } from "../../../src/model/delta.ts";
import type { FieldError } from "../../../src/lib/field-error.ts";
import type { Certificate } from "../../../src/model/certificate.ts";
import type { Filters } from "../../../src/model/filters/filters.ts";
import type { Affinity, Backend, Forward } from "../../../src/model/forward.ts";
import type { Model } from "../../../src/model/model.ts";
import type { Problem } from "../../../src/model/problem.ts";
import type { Route } from "../../../src/model/route.ts";
import { DEFAULT_SETTINGS, type ServedSettings } from "../../../src/model/settings.ts";
import { formatSource } from "../../../src/model/source.ts";
import { formatEndpoint } from "../../../src/model/upstream.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";

export interface Printable {
  readonly model: Model;
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  readonly served: readonly string[];
  /** What the object parser refused before translation saw it. */
  readonly parserErrors: readonly FieldError[];
}

/** A translation as YAML that is the same for equal translations: sorted, without secrets, and without what equals the defaults. */
export function printModel({ model, problems, served, parserErrors }: Printable): string {
  const value = {
    virtualHosts: sortedEntries(model.virtualHosts, printHost),
    upstreams: sortedEntries(model.upstreams, ({ id, service, balancer }) => ({
      service: `${service.namespace}/${service.name}:${service.port}`,
      ...unless("round-robin", { balancer }),
      endpoints: model.endpoints.get(id)?.endpoints.map(printEndpoint) ?? "MISSING",
    })),
    certificates: sortedEntries(model.certificates, printCertificate),
    defaultCertificate: onlyShard(model.defaultCertificate) ?? "self-signed",
    settings: printSettings(onlyShard(model.settings)),
    problems: sortedEntries(problems, (list) => list.map(printProblem)),
    served: [...served].sort(),
    ...(parserErrors.length === 0 ? {} : { parserErrors: parserErrors.map((error) => ({ ...error })) }),
  };
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** By section, what is not as without a ConfigMap. */
function printSettings(settings: ServedSettings | undefined): object {
  const sections = Object.entries(settings ?? {}).map(([name, section]) => {
    const defaults = DEFAULT_SETTINGS[name as keyof ServedSettings];
    return [name, differences(section, defaults)] as const;
  });
  return Object.fromEntries(sections.filter(([, changed]) => Object.keys(changed).length > 0));
}

function printHost(host: VirtualHost): unknown {
  const { appRoot } = host.filters;
  return {
    ...(host.regexMode ? { regexMode: true } : {}),
    certificate: host.certificate,
    ...(appRoot === undefined ? {} : { appRoot: `${appRoot.path} (${formatSource(appRoot.source)})` }),
    routes: host.routes.map(printRoute),
  };
}

function printRoute(route: Route): unknown {
  const { action, service } = route;
  return {
    match: `${route.pathType} ${route.path}${route.implicit ? " (implicit)" : ""}`,
    id: route.id,
    source: route.source === null ? null : formatSource(route.source),
    action: action.kind === "forward" ? action.backends.map(nameBackend).join(", ") : action,
    service: `${service.namespace}/${service.name}:${service.port}`,
    ...unlessEmpty("filters", printFilters(route.filters)),
    ...(action.kind === "forward" ? unlessEmpty("forward", printForward(action)) : {}),
  };
}

/** Only the filters that do something else than those of a plain Ingress, and what a plain one has and this does not. */
function printFilters(filters: Filters): object {
  const { tlsRedirect, bodyLimit, ...others } = filters;
  return {
    ...unless(WHEN_CERTIFICATE, { tlsRedirect: printTlsRedirect(tlsRedirect) }),
    ...unless(DEFAULT_SETTINGS.translation.bodyLimitBytes, { bodyLimit: bodyLimit?.maxBytes ?? "none" }),
    ...others,
  };
}

/** Only what differs from how the upstream of a plain Ingress is asked. */
function printForward({ backends, ...rest }: Forward): object {
  const { timeouts, retry, responseHeadBytes } = DEFAULT_SETTINGS.translation;
  const special = Object.fromEntries(
    backends
      .map((backend) => [nameBackend(backend), printBackend(backend)] as const)
      .filter(([, text]) => text !== null),
  );
  return {
    ...differences(rest, { kind: "forward", timeouts, retry, host: null, responseHeadBytes }),
    ...unlessEmpty("backends", special),
  };
}

function nameBackend({ transport: { protocol }, upstream }: Backend): string {
  return `${protocol}://${upstream}`;
}

/** Null for one without anything special. */
function printBackend({ service, rule, affinity }: Backend): unknown {
  const tied = affinity === null ? {} : { affinity: printAffinity(affinity) };
  if (rule === null) return affinity === null ? null : tied;
  const { namespace, name, port } = service;
  return { service: `${namespace}/${name}:${port}`, rule: { ...rule, source: formatSource(rule.source) }, ...tied };
}

const WHEN_CERTIFICATE = "when-certificate";

function printTlsRedirect(filter: Filters["tlsRedirect"]): string {
  if (filter === undefined) return "never";
  const when = filter.always ? "always" : WHEN_CERTIFICATE;
  return filter.preserveTrailingSlash ? `${when}, keeping the trailing slash` : when;
}

/** Cookie name, mode and whether the cookie is set; then only what is not off. */
function printAffinity(affinity: Affinity): unknown {
  const { cookieName, mode, setsCookie, ...attributes } = affinity;
  const set = Object.entries(attributes).filter(([, value]) => value !== null && value !== false);
  return { cookie: `${cookieName} (${mode}, ${setsCookie ? "set" : "only read"})`, ...Object.fromEntries(set) };
}

function printEndpoint(endpoint: Parameters<typeof formatEndpoint>[0]): string {
  return endpoint.kind === "name" ? `name ${formatEndpoint(endpoint)}` : formatEndpoint(endpoint);
}

function printCertificate(certificate: Certificate): unknown {
  return {
    names: certificate.names,
    notAfter: new Date(certificate.notAfterMs).toISOString(),
    source: formatSource(certificate.source),
    key: "[redacted]",
  };
}

function printProblem(problem: Problem): unknown {
  const { severity, reason, effect, field, value, message } = problem;
  return { problem: `${severity} ${reason} -> ${effect}`, field, value, message };
}

function unlessEmpty(name: string, part: object): object {
  return Object.keys(part).length === 0 ? {} : { [name]: part };
}

function differences(value: object, defaults: object): Record<string, unknown> {
  const plain = new Map(Object.entries(defaults));
  const changed = Object.entries(value).filter(
    ([name, each]) => JSON.stringify(each) !== JSON.stringify(plain.get(name)),
  );
  return Object.fromEntries(changed);
}

function unless<T extends object>(plain: unknown, part: T): T | Record<string, never> {
  return Object.values(part).every((value) => value === plain) ? {} : part;
}

function sortedEntries<V>(map: ReadonlyMap<string, V>, print: (value: V) => unknown): Record<string, unknown> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, print(value)]));
}
