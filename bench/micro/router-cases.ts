import { parseAuthority } from "../../src/lib/host-name.ts";
import { compileHost, HostTable, parseTarget } from "../../src/router/router.ts";
import { buildHost, buildRoute } from "../../test/support/route-builder.ts";
import { hostName, REGEX_PATHS } from "../rivals/setup.ts";
import { seededRandom } from "../../test/support/upstream-fakes.ts";
import { expectSame, type MicroCase } from "./micro-case.ts";

const ORDER_LENGTH = 4096;

/** A Host header and a target, to the route. */
export function routerCases(): readonly MicroCase[] {
  return [
    { name: "router: 1 host, 1 path", run: routeTimes(tableOf(1, ["/"]), 1, "/small") },
    { name: "router: 10,000 hosts in random order", run: routeTimes(tableOf(10_000, ["/"]), 10_000, "/small") },
    { name: "router: 1 host, 50 paths", run: routeTimes(tableOf(1, manyPaths(50)), 1, "/service-25/items/42?page=3") },
    { name: "router: regex host, fifth of 8 matches", run: routeTimes(regexTable(), 1, "/orders/small") },
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

function regexTable(): HostTable<string> {
  const table = new HostTable<string>();
  const routes = REGEX_PATHS.map((path, index) => buildRoute(`route-${index}`, "prefix", path));
  table.set(compileHost(buildHost(hostName(0), routes, { regexMode: true }), ({ id }) => id));
  return table;
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
