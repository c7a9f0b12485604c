import type { AnnotationEntry } from "../entries/entry.ts";
import type { ConfigKey } from "../entries/config-key.ts";
import type { Feature } from "../entries/feature.ts";
import { ACCESS } from "./access.ts";
import { AFFINITY } from "./affinity.ts";
import { APP_ROOT } from "./app-root.ts";
import { BACKEND_PROTOCOL } from "./backend-protocol.ts";
import { BASIC_AUTH } from "./basic-auth.ts";
import { BODY_LIMIT } from "./body-limit.ts";
import { BUFFERING } from "./buffering.ts";
import { CANARY } from "./canary.ts";
import { CLIENT_CERTIFICATES } from "./client-certificates.ts";
import { COOKIE_REWRITES } from "./cookie-rewrites.ts";
import { CORS } from "./cors.ts";
import { ERROR_PAGES } from "./error-pages.ts";
import { EXTERNAL_AUTH } from "./external-auth.ts";
import { FASTCGI } from "./fastcgi.ts";
import { FIREWALL } from "./firewall.ts";
import { HOST_TLS } from "./host-tls.ts";
import { LIMITS } from "./limits.ts";
import { LOAD_BALANCE } from "./load-balance.ts";
import { LOCATION_REWRITES } from "./location-rewrites.ts";
import { LOGS_AND_TRACING } from "./logs-and-tracing.ts";
import { MIRROR } from "./mirror.ts";
import { PACE } from "./pace.ts";
import { REDIRECT } from "./redirect.ts";
import { REGEX_PATHS } from "./regex-paths.ts";
import { RESPONSE_HEAD } from "./response-head.ts";
import { RESPONSE_HEADERS } from "./response-headers.ts";
import { RETRY } from "./retry.ts";
import { REWRITE } from "./rewrite.ts";
import { SERVER_ALIAS } from "./server-alias.ts";
import { SERVICE_UPSTREAM } from "./service-upstream.ts";
import { SNIPPETS } from "./snippets.ts";
import { TIMEOUTS } from "./timeouts.ts";
import { TLS_REDIRECT } from "./tls-redirect.ts";
import { UPSTREAM_CONNECTION } from "./upstream-connection.ts";
import { UPSTREAM_TLS } from "./upstream-tls.ts";
import { UPSTREAM_VHOST } from "./upstream-vhost.ts";

/**
 * Every annotation of ingress-nginx 1.15, by feature: the name of a line is that of its slice of `IngressPolicy`. The order is that of
 * reading and of the reference page.
 */
export const FEATURES = {
  rewrite: REWRITE,
  useRegex: REGEX_PATHS,
  appRoot: APP_ROOT,
  upstreamVhost: UPSTREAM_VHOST,
  serviceUpstream: SERVICE_UPSTREAM,
  backendProtocol: BACKEND_PROTOCOL,
  aliases: SERVER_ALIAS,
  canary: CANARY,
  affinity: AFFINITY,
  loadBalance: LOAD_BALANCE,
  limits: LIMITS,
  pace: PACE,
  tlsRedirect: TLS_REDIRECT,
  redirect: REDIRECT,
  hostTls: HOST_TLS,
  basicAuth: BASIC_AUTH,
  externalAuth: EXTERNAL_AUTH,
  clientCertificates: CLIENT_CERTIFICATES,
  access: ACCESS,
  cors: CORS,
  timeouts: TIMEOUTS,
  bodyLimit: BODY_LIMIT,
  responseHeadBytes: RESPONSE_HEAD,
  retry: RETRY,
  buffering: BUFFERING,
  upstreamConnection: UPSTREAM_CONNECTION,
  locationRewrites: LOCATION_REWRITES,
  cookieRewrites: COOKIE_REWRITES,
  responseHeaders: RESPONSE_HEADERS,
  errorPages: ERROR_PAGES,
  fastcgi: FASTCGI,
  upstreamTls: UPSTREAM_TLS,
  mirror: MIRROR,
  logsAndTracing: LOGS_AND_TRACING,
  snippets: SNIPPETS,
  firewall: FIREWALL,
} as const satisfies Readonly<Record<string, Feature<unknown>>>;

type Features = typeof FEATURES;

/** The slices of the features of which something has an effect. */
export type PolicySlices = {
  readonly [K in keyof Features as Features[K] extends Feature<never> ? never : K]: Features[K] extends Feature<infer P>
    ? P
    : never;
};

const LISTED: readonly Feature<unknown>[] = Object.values(FEATURES);

/** In the order of the table. */
export const ANNOTATIONS: readonly AnnotationEntry[] = LISTED.flatMap(({ entries }) => entries);

/** By name and by alias. */
export const ANNOTATION_BY_NAME: ReadonlyMap<string, AnnotationEntry> = new Map(
  ANNOTATIONS.flatMap((entry) => [entry.name, ...entry.aliases].map((name) => [name, entry] as const)),
);

/** The keys of the ConfigMap that belong to a feature, in the order in which they are applied. */
export const FEATURE_KEYS: readonly ConfigKey[] = LISTED.flatMap(({ keys }) => keys);
