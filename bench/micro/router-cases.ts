import { parseAuthority } from "../../src/lib/host-name.ts";
import { type CompiledHost, compileHost, compileRewrite, HostTable, parseTarget } from "../../src/router/router.ts";
import { buildHost, buildRoute } from "../../test/support/builders/route-builder.ts";
import { hostName, REGEX_PATHS } from "../rivals/setup.ts";
import { seededRandom } from "../../test/support/servers/upstream-fakes.ts";
import { expectSame, type MicroCase } from "./micro-case.ts";

const ORDER_LENGTH = 4096;

/** A Host header and a target, to the route. */
export function routerCases(): readonly MicroCase[] {
  return [
    { name: "router: 1 host, 1 path", run: routeTimes(tableOf(1, ["/"]), 1, "/small") },
    { name: "router: 10,000 hosts in random order", run: routeTimes(tableOf(10_000, ["/"]), 10_000, "/small") },
    { name: "router: 1 host, 50 paths", run: routeTimes(tableOf(1, manyPaths(50)), 1, "/service-25/items/42?page=3") },
    { name: "router: regex host, fifth of 8 matches", run: routeTimes(regexTable(REGEX_PATHS), 1, "/orders/small") },
    {
      name: "router: regex host, 1,000 paths",
      run: routeTimes(regexTable(regexPaths(1000)), 1, "/service-500/items/42"),
    },
    { name: "router: regex host, 50 evil paths and /", run: routeTimes(regexTable(EVIL_PATHS), 1, "/orders/small") },
    { name: "router: regex host, 50 evil paths, 8 KB", run: undecidedTimes(regexTable(EVIL_PATHS)) },
    { name: "router: first request of a regex host with 1,000 paths", run: compileTimes(regexPaths(1000)) },
    { name: "router: host of 2,000 refused patterns, first request", run: compileTimes(REFUSED_PATHS) },
    { name: "rewrite: /something(/|$)(.*)", run: rewriteTimes() },
    { name: "target: plain path", run: parseTimes("/shop/cart") },
    { name: "target: escapes, dots and a query", run: parseTimes("/shop/%C3%BC/../a%20b/./c?x=1&y=%2F") },
  ];
}

function manyPaths(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `/service-${index}`);
}

function tableOf(hosts: number, paths: readonly string[]): HostTable<string> {
  const table = new HostTable<string>();
  for (let i = 0; i < hosts; i++) {
    const routes = paths.map((path, index) => buildRoute(`route-${index}`, "prefix", path));
    table.set(compileHost(buildHost(hostName(i), routes), ({ id }) => id));
  }
  return table;
}

function regexTable(paths: readonly string[]): HostTable<string> {
  const table = new HostTable<string>();
  table.set(regexHost(paths));
  return table;
}

function regexHost(paths: readonly string[]): CompiledHost<string, never> {
  const routes = paths.map((path, index) => buildRoute(`route-${index}`, "prefix", path));
  return compileHost(buildHost(hostName(0), routes, { regexMode: true }), ({ id }) => id);
}

function regexPaths(count: number): readonly string[] {
  return manyPaths(count).map((path) => `${path}(/|$)(.*)`);
}

const EVIL_PATHS = [...manyPaths(50).map((path) => `/.*[a-z]{900}x${path}$`), "/"];
const REFUSED_PATHS = Array.from({ length: 2000 }, (_, index) => `/${index}(a{1,500}){1,2}b`);
const LONG_PATHS = 64;

/** Different long paths that have no order, so that nothing is known of their states. */
function undecidedTimes(table: HostTable<string>): MicroCase["run"] {
  const random = seededRandom(3);
  const letter = (): string => String.fromCharCode(97 + Math.floor(random() * 26));
  const paths = Array.from({ length: LONG_PATHS }, () => `/${Array.from({ length: 8191 }, letter).join("")}`);
  return (times) => {
    for (let i = 0; i < times; i++)
      expectSame(table.get(hostName(0))?.match(paths[i % LONG_PATHS] ?? "")?.kind, "undecided");
  };
}

/** Everything from the routes to the first answer. */
function compileTimes(paths: readonly string[]): MicroCase["run"] {
  return (times) => {
    for (let i = 0; i < times; i++) expectSame(regexHost([...paths, "/"]).match("/other")?.kind, "route");
  };
}

function rewriteTimes(): MicroCase["run"] {
  const rewrite = compileRewrite(
    buildRoute("rewrite", "prefix", "/something(/|$)(.*)", { rewrite: { target: "/$2" } }),
  );
  return (times) => {
    for (let i = 0; i < times; i++) expectSame(rewrite?.apply("/something/items/42/details", ""), "/items/42/details");
  };
}

function routeTimes(table: HostTable<string>, hosts: number, target: string): MicroCase["run"] {
  const random = seededRandom(2);
  const order = Array.from({ length: ORDER_LENGTH }, () => `${hostName(Math.floor(random() * hosts))}:8080`);
  return (times) => {
    for (let i = 0; i < times; i++) {
      const authority = parseAuthority(order[i % ORDER_LENGTH] ?? "");
      const view = parseTarget(target);
      if (!authority.ok || !view.ok) throw new Error("not parsed");
      const match = table.find(authority.value.host)?.match(view.value.path);
      if (match?.kind !== "route") throw new Error("not found");
    }
  };
}

function parseTimes(target: string): MicroCase["run"] {
  return (times) => {
    let length = 0;
    for (let i = 0; i < times; i++) {
      const view = parseTarget(target);
      length += view.ok ? view.value.path.length : 0;
    }
    expectSame(length > 0, true);
  };
}
