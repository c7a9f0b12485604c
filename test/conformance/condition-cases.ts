import type { RouteMatch, ValueMatch } from "../../src/model/route-match.ts";
import type { PathType, Route } from "../../src/model/route.ts";
import type { VirtualHost } from "../../src/model/virtual-host.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** What a rule asks for besides its path. */
type Asks = Partial<RouteMatch>;

/** One virtual host whose rules ask for more than a path, and what its requests must lead to. */
export interface ConditionCase {
  readonly name: string;
  /** `[type, path, service, what else]`; a rule without the last takes every request of its path. */
  readonly rules: readonly (readonly [type: PathType, path: string, service: string, asks?: Asks])[];
  /** `[request line without version, header lines, service that answers | "404"]` */
  readonly requests: readonly (readonly [line: string, headers: readonly string[], outcome: string])[];
}

const is = (name: string, value: string): ValueMatch => ({ name, kind: "exact", value });
const like = (name: string, value: string): ValueMatch => ({ name, kind: "regex", value });

export const CONDITION_CASES: readonly ConditionCase[] = [
  {
    name: "a method takes nothing of any other",
    rules: [
      ["prefix", "/", "get", { method: "GET" }],
      ["prefix", "/", "post", { method: "POST" }],
    ],
    requests: [
      ["GET /a", [], "get"],
      ["POST /a", [], "post"],
      ["HEAD /a", [], "404"],
      ["get /a", [], "404"],
    ],
  },
  {
    name: "headers are compared by name in any case and by value exactly",
    rules: [
      ["prefix", "/", "one", { headers: [is("X-Version", "1")] }],
      ["prefix", "/", "rest"],
    ],
    requests: [
      ["GET /", ["x-version: 1"], "one"],
      ["GET /", ["X-VERSION:   1  "], "one"],
      ["GET /", ["X-Version: 2"], "rest"],
      ["GET /", ["X-Version: 1, 2"], "rest"],
      ["GET /", ["X-Version: 1", "X-Version: 2"], "rest"],
      ["GET /", ["X-Version-2: 1"], "rest"],
      ["GET /", [], "rest"],
    ],
  },
  {
    name: "several lines of a header are one value joined by commas",
    rules: [
      ["prefix", "/", "both", { headers: [is("x-tag", "a,b")] }],
      ["prefix", "/", "rest"],
    ],
    requests: [
      ["GET /", ["X-Tag: a", "X-Tag: b"], "both"],
      ["GET /", ["X-Tag: a,b"], "both"],
      ["GET /", ["X-Tag: b", "X-Tag: a"], "rest"],
    ],
  },
  {
    name: "all conditions of a rule must hold, the first alone of those on one header",
    rules: [
      ["prefix", "/", "both", { headers: [is("x-a", "1"), is("x-b", "2"), is("X-A", "3")] }],
      ["prefix", "/", "rest"],
    ],
    requests: [
      ["GET /", ["X-A: 1", "X-B: 2"], "both"],
      ["GET /", ["X-A: 1"], "rest"],
      ["GET /", ["X-A: 3", "X-B: 2"], "rest"],
    ],
  },
  {
    name: "a pattern takes the whole value",
    rules: [
      ["prefix", "/", "numbered", { headers: [like("x-version", "v[0-9]+|latest")] }],
      ["prefix", "/", "empty", { headers: [like("x-empty", ".*")] }],
      ["prefix", "/", "rest"],
    ],
    requests: [
      ["GET /", ["X-Version: v12"], "numbered"],
      ["GET /", ["X-Version: latest"], "numbered"],
      ["GET /", ["X-Version: V1"], "rest"],
      ["GET /", ["X-Version: xv1"], "rest"],
      ["GET /", ["X-Version: v1x"], "rest"],
      ["GET /", ["X-Version: latest2"], "rest"],
      ["GET /", ["X-Empty:"], "empty"],
      ["GET /", [], "rest"],
    ],
  },
  {
    name: "a query parameter is the first of its name, decoded",
    rules: [
      ["prefix", "/", "red", { query: [is("colour", "dark red")] }],
      ["prefix", "/", "umlaut", { query: [is("ü", "ö")] }],
      ["prefix", "/", "flag", { query: [is("flag", "")] }],
      ["prefix", "/", "rest"],
    ],
    requests: [
      ["GET /?colour=dark+red", [], "red"],
      ["GET /?x=1&colour=dark%20red&y", [], "red"],
      ["GET /?colou%72=dark+re%64", [], "red"],
      ["GET /?colour=blue&colour=dark+red", [], "rest"],
      ["GET /?Colour=dark+red", [], "rest"],
      ["GET /?colour=dark%2Bred", [], "rest"],
      ["GET /?colour=dark+red%26x", [], "rest"],
      ["GET /?%C3%BC=%C3%B6", [], "umlaut"],
      ["GET /?flag", [], "flag"],
      ["GET /?flag=", [], "flag"],
      ["GET /?flag=1", [], "rest"],
      ["GET /?%66lag%", [], "rest"],
    ],
  },
  {
    name: "the longer path comes before any condition",
    rules: [
      ["prefix", "/a", "short", { method: "GET", headers: [is("x-a", "1")] }],
      ["prefix", "/a/b", "long"],
      ["exact", "/a/b/c", "exact"],
    ],
    requests: [
      ["GET /a/b", ["X-A: 1"], "long"],
      ["GET /a/b/c", ["X-A: 1"], "exact"],
      ["GET /a/c", ["X-A: 1"], "short"],
      ["GET /a/c", [], "404"],
    ],
  },
  {
    name: "where no rule of a path takes the request, the next shorter one is asked",
    rules: [
      ["exact", "/a/b", "exact", { method: "PUT" }],
      ["prefix", "/a/b", "deep", { method: "POST" }],
      ["prefix", "/a", "middle", { query: [is("q", "1")] }],
      ["prefix", "/", "root", { method: "GET" }],
    ],
    requests: [
      ["PUT /a/b", [], "exact"],
      ["POST /a/b", [], "deep"],
      ["POST /a/b/c", [], "deep"],
      ["PUT /a/b/c?q=1", [], "middle"],
      ["GET /a/b?q=1", [], "middle"],
      ["GET /a/b", [], "root"],
      ["DELETE /a/b", [], "404"],
    ],
  },
  {
    name: "of one path: method, then more headers, then more parameters, then priority",
    rules: [
      ["prefix", "/", "plain"],
      ["prefix", "/", "second", { query: [is("q", "1")], priority: 2 }],
      ["prefix", "/", "first", { query: [is("p", "1")], priority: 1 }],
      ["prefix", "/", "queries", { query: [is("q", "1"), is("p", "1")], priority: 9 }],
      ["prefix", "/", "header", { headers: [is("x-a", "1")], priority: 9 }],
      ["prefix", "/", "headers", { headers: [is("x-a", "1"), is("x-b", "1")], priority: 9 }],
      ["prefix", "/", "method", { method: "PATCH", priority: 9 }],
    ],
    requests: [
      ["PATCH /?p=1&q=1", ["X-A: 1", "X-B: 1"], "method"],
      ["GET /?p=1&q=1", ["X-A: 1", "X-B: 1"], "headers"],
      ["GET /?p=1&q=1", ["X-A: 1"], "header"],
      ["GET /?p=1&q=1", [], "queries"],
      ["GET /?p=1", [], "first"],
      ["GET /?q=1", [], "second"],
      ["GET /", [], "plain"],
    ],
  },
];

/** The host of a case; services are the routes' ids. */
export function conditionHost(id: string, { rules }: ConditionCase): VirtualHost {
  return buildHost(
    id,
    rules.map(([type, path, service, asks]) => buildConditionalRoute(buildRoute(service, type, path), asks)),
  );
}

export function buildConditionalRoute(route: Route, asks: Asks | undefined): Route {
  if (asks === undefined) return route;
  return { ...route, match: { method: null, headers: [], query: [], priority: 0, ...asks } };
}
