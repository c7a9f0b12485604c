/** Errors whose answers come from an error backend: `custom-http-errors` and `default-backend`. */
export interface ErrorPagesFilter {
  /** Statuses from 300 on, ascending. Empty: only an upstream without endpoints is stood in for. */
  readonly statuses: readonly number[];
  /** Also those that an upstream answers; false: only errors of the proxy's own. */
  readonly ofUpstreams: boolean;
  /** Ids of error upstreams, the best first: the first one that has endpoints is asked. */
  readonly upstreams: readonly string[];
  /** The first of `upstreams` also answers for the route's upstream while that has no endpoints, whatever `statuses`. */
  readonly standsIn: boolean;
}
