/** Asks the backend for another path. */
export interface RewriteFilter {
  /** Replaces the whole path. `$1`…`$9` are captures of the route's path regex; an unmatched group is empty. */
  readonly target: string;
  /** Sent as X-Forwarded-Prefix; may hold `$1`…`$9`. Null: none is sent. */
  readonly forwardedPrefix: string | null;
}
