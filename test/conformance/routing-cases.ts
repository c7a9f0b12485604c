import type { PathType } from "../../src/model/route.ts";

/** One virtual host and what its requests must lead to. Run against the router and through real sockets. */
export interface RoutingCase {
  readonly name: string;
  readonly regexMode: boolean;
  /** `[type, path, service]`, in match order; the implicit root `/` → `fallback` is added by the runner. */
  readonly rules: readonly (readonly [type: PathType, path: string, service: string, rewriteTarget?: string])[];
  /** `[request target, service that answers | "301 <path>" | "400"]` */
  readonly requests: readonly (readonly [target: string, outcome: string])[];
}

export const ROUTING_CASES: readonly RoutingCase[] = [
  {
    name: "Prefix matches by path elements",
    regexMode: false,
    rules: [["prefix", "/foo", "foo"]],
    requests: [
      ["/foo", "foo"],
      ["/foo/", "foo"],
      ["/foo/bar", "foo"],
      ["/foo?x=/bar", "foo"],
      ["/foobar", "fallback"],
      ["/FOO", "fallback"],
      ["/", "fallback"],
      ["/fo", "fallback"],
    ],
  },
  {
    name: "the longest Prefix wins, whatever the order of the rules",
    regexMode: false,
    rules: [
      ["prefix", "/a", "short"],
      ["prefix", "/a/b/c", "long"],
      ["prefix", "/a/b", "middle"],
    ],
    requests: [
      ["/a/b/c/d", "long"],
      ["/a/b/cd", "middle"],
      ["/a/bc", "short"],
      ["/a/b/", "middle"],
    ],
  },
  {
    name: "Exact beats Prefix and stays exact",
    regexMode: false,
    rules: [
      ["prefix", "/foo", "prefix"],
      ["exact", "/foo", "exact"],
    ],
    requests: [
      ["/foo", "exact"],
      ["/foo/", "prefix"],
      ["/foo/x", "prefix"],
      ["/foox", "fallback"],
    ],
  },
  {
    name: "Exact root and Prefix root coexist",
    regexMode: false,
    rules: [
      ["exact", "/", "exact"],
      ["prefix", "/", "prefix"],
    ],
    requests: [
      ["/", "exact"],
      ["/x", "prefix"],
    ],
  },
  {
    name: "a path written with a trailing slash redirects its bare form",
    regexMode: false,
    rules: [
      ["prefix", "/docs/", "docs"],
      ["exact", "/login/", "login"],
    ],
    requests: [
      ["/docs", "301 /docs/"],
      ["/docs?page=2", "301 /docs/?page=2"],
      ["/docs/", "docs"],
      ["/docs/a", "docs"],
      ["/login", "301 /login/"],
      ["/login/", "login"],
      ["/login/x", "fallback"],
      ["/docsx", "fallback"],
    ],
  },
  {
    name: "a rule for the bare form beats the trailing-slash redirect",
    regexMode: false,
    rules: [
      ["prefix", "/docs/", "docs"],
      ["exact", "/docs", "bare"],
    ],
    requests: [
      ["/docs", "bare"],
      ["/docs/", "docs"],
    ],
  },
  {
    name: "raw bytes match as what they are",
    regexMode: false,
    rules: [
      ["prefix", "/caf\u00e9", "cafe"],
      ["prefix", "/{id}", "braces"],
    ],
    requests: [
      ["/caf\u00c3\u00a9/x", "cafe"],
      ["/caf%C3%A9/x", "cafe"],
      ["/{id}", "braces"],
      ["/%7Bid%7d", "braces"],
    ],
  },
  {
    name: "matching uses the normalised path",
    regexMode: false,
    rules: [
      ["prefix", "/admin", "admin"],
      ["prefix", "/a/b", "ab"],
    ],
    requests: [
      ["/x/../admin", "admin"],
      ["/x/%2e%2e/admin", "admin"],
      ["/./admin/.", "admin"],
      ["/a//b", "ab"],
      ["/%61/b", "ab"],
      ["/a/b/..", "fallback"],
      ["/a\\b", "fallback"],
    ],
  },
  {
    name: "targets that backends read differently are refused",
    regexMode: false,
    rules: [["prefix", "/a", "a"]],
    requests: [
      ["/../etc", "400"],
      ["/a/..%2fadmin", "400"],
      ["/a/..%5cadmin", "400"],
      ["/a/..;/admin", "400"],
      ["/a%00", "400"],
      ["/a%zz", "400"],
      ["/a%2", "400"],
      ["/a#b", "400"],
    ],
  },
  {
    name: "regex mode is case-insensitive, anchored at the start only, and the first in order wins",
    regexMode: true,
    rules: [
      ["prefix", "/foo/bar/[a-z]{3}", "three-letters"],
      ["prefix", "/foo/bar/bar", "bar"],
      ["exact", "/foo", "foo"],
    ],
    requests: [
      ["/foo/bar/bar", "three-letters"],
      ["/foo/bar/ba", "foo"],
      ["/FOO/BAR/ABC/x", "three-letters"],
      ["/FOO", "foo"],
      ["/foobar", "foo"],
      ["/x/foo", "fallback"],
    ],
  },
  {
    name: "in regex mode other paths' characters become regex syntax",
    regexMode: true,
    rules: [
      ["prefix", "/v1.0/(users|orders)/[0-9]+", "item"],
      ["prefix", "/v1.0", "version"],
    ],
    requests: [
      ["/v1.0/users/12", "item"],
      ["/v1x0/orders/9/z", "item"],
      ["/v1.0/users/x", "version"],
      ["/v1-0", "version"],
      ["/v2.0", "fallback"],
    ],
  },
  {
    name: "in regex mode a plain Prefix leaves the bare path to an Exact rule of the same text",
    regexMode: true,
    rules: [
      ["prefix", "/foo", "prefix"],
      ["exact", "/foo", "exact"],
    ],
    requests: [
      ["/foo/x", "prefix"],
      ["/foo", "exact"],
      ["/foobar", "exact"],
    ],
  },
  {
    name: "a pattern that RE2 refuses keeps what surely belongs to it",
    regexMode: true,
    rules: [
      ["prefix", "/private/(?<!open)", "refused"],
      ["prefix", "/private", "private"],
    ],
    requests: [
      ["/private/x", "refused"],
      ["/PRIVATE/open", "refused"],
      ["/private", "private"],
    ],
  },
  {
    name: "a negative look-ahead leaves what it excepts to the next pattern",
    regexMode: true,
    rules: [
      ["prefix", "/private/((?!open).*)", "guarded", "/$1"],
      ["prefix", "/private", "private"],
    ],
    requests: [
      ["/private/x", "guarded"],
      ["/PRIVATE/open", "private"],
      ["/private/opening", "private"],
      ["/private", "private"],
    ],
  },
];
