import type { BodyLimitFilter } from "./body-limit.ts";
import type { CompressionFilter } from "./compression.ts";
import type { CorsFilter } from "./cors.ts";
import type { ErrorPagesFilter } from "./error-pages.ts";
import type { LimitsFilter } from "./limits.ts";
import type { RequestHeadersFilter } from "./request-headers.ts";
import type { ResponseHeadersFilter } from "./response-headers.ts";
import type { PaceFilter } from "./pace.ts";
import type { RewriteFilter } from "./rewrite.ts";
import type { TlsRedirectFilter } from "./tls-redirect.ts";

/**
 * Every filter there is, one file of this folder each. A line here makes the table below and the one of the proxy's order fail to
 * compile until each has its row. How an upstream is asked is no filter: that is the action `Forward`.
 */
interface FilterSpecs {
  bodyLimit: BodyLimitFilter;
  cors: CorsFilter;
  tlsRedirect: TlsRedirectFilter;
  limits: LimitsFilter;
  rewrite: RewriteFilter;
  requestHeaders: RequestHeadersFilter;
  responseHeaders: ResponseHeadersFilter;
  errorPages: ErrorPagesFilter;
  compression: CompressionFilter;
  pace: PaceFilter;
}

export type FilterKind = keyof FilterSpecs;

/** What a route does with its requests and answers besides its action. Absent is off. The order of execution is the proxy's. */
export type Filters = { readonly [K in FilterKind]?: FilterSpecs[K] };

/** What a filter keeps away from the backend: requests of some clients, too many requests, or nothing. */
type Guards = "access" | "rate" | "nothing";

/**
 * It stands in the model because translation closes the readings of paths that are guarded, and the router looks for them: both must
 * know it of every filter, and neither knows the proxy.
 */
const FILTER_GUARDS: Readonly<Record<FilterKind, Guards>> = {
  bodyLimit: "nothing",
  cors: "nothing",
  tlsRedirect: "nothing",
  limits: "rate",
  rewrite: "nothing",
  requestHeaders: "nothing",
  responseHeaders: "nothing",
  errorPages: "nothing",
  compression: "nothing",
  pace: "nothing",
};

/** The filters that guard. */
export const GUARDING_FILTERS: readonly FilterKind[] = Object.keys(FILTER_GUARDS).filter(isGuarding);

function isGuarding(kind: string): kind is FilterKind {
  return FILTER_GUARDS[kind as FilterKind] !== "nothing";
}
