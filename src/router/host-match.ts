/** What a path leads to in one virtual host. */
export type HostMatch<T> =
  | { readonly kind: "route"; readonly payload: T }
  /** nginx's automatic redirect: the path exists only with a trailing slash. `path` is that path, as written in the rule. */
  | { readonly kind: "add-slash"; readonly path: string }
  | null;
