import type { Running } from "../support/processes.ts";

/** What a proxy is configured to do. Every profile is a process of its own, so that features do not pay for each other. */
export type ProfileName = "plain" | "features" | "hosts" | "log";

/** What every proxy under measurement is told: where to listen, where the backends are, which certificate to serve. */
export interface Setup {
  readonly profile: ProfileName;
  /** Its own, empty. */
  readonly directory: string;
  readonly core: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly backendPort: number;
  /** The same backend on a second port: canary, and second endpoint of the sticky service. */
  readonly otherBackendPort: number;
  /** PEM files of the certificate for `localhost`. */
  readonly certFile: string;
  readonly keyFile: string;
  /** One line a request goes here in the profile `log`. */
  readonly logFile: string;
  /** Extra arguments for the Node of Headgate, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[];
}

export interface Rival {
  readonly name: string;
  /** What must be there, and how to get it. */
  readonly needs: { readonly kind: "program"; readonly name: string } | { readonly kind: "package" | "nothing" };
  readonly profiles: ReadonlySet<ProfileName>;
  readonly http2: "yes" | "no";
  start(setup: Setup): Promise<Running>;
}

/** The one host of the profile `plain`; the others have it too. */
export const PLAIN_HOST = "localhost";

/** The hosts of the profile `features`, one a feature. */
export const FEATURE_HOSTS = {
  regex: "regex.localhost",
  limit: "limit.localhost",
  canary: "canary.localhost",
  sticky: "sticky.localhost",
} as const;

export const HOST_COUNT = 10_000;

/** Hosts of the profile `hosts`. */
export function hostName(index: number): string {
  return `shop-${index}.bench.test`;
}

export const MANY_HOSTS: readonly string[] = Array.from({ length: HOST_COUNT }, (_, index) => hostName(index));

/** Rules of the regex host, in the order of a manifest; each rewrites to `/$2`. A request for `/orders/x` meets the fifth. */
export const REGEX_PATHS = ["shop", "cart", "users", "items", "orders", "payments", "search", "static"].map(
  (name) => `/${name}(/|$)(.*)`,
);

/** Requests per second that one client may send: more than any proxy here can carry, so that every request is counted and passes. */
export const LIMIT_RPS = 200_000;
export const LIMIT_BURST_MULTIPLIER = 5;
export const CANARY_PERCENT = 20;
export const STICKY_COOKIE = "INGRESSCOOKIE";
