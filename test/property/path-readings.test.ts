import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Route } from "../../src/model/route.ts";
import type { VirtualHost } from "../../src/model/virtual-host.ts";
import { readingsOf } from "../../src/router/router.ts";
import { ExchangeHarness } from "../support/servers/exchange-harness.ts";
import { naiveMatch } from "../support/oracles/naive-router.ts";
import { PATH_READERS } from "../support/oracles/path-readers.ts";
import { buildHost, buildRoute } from "../support/builders/route-builder.ts";

/** Guards are told from each other by their zone. */
const GUARDS = ["none", "none", "one", "two"] as const;
type Guard = (typeof GUARDS)[number];

function guardedRoute(index: number, [type, path, guard]: readonly [Route["pathType"], string, Guard]): Route {
  const zone = `test/${guard}`;
  const limits = { zone, requestsPerSecond: null, requestsPerMinute: null, connections: 1000, allowlist: [] };
  return buildRoute(`${guard}-${index}`, type, path, { limits: guard === "none" ? null : limits });
}

const plainPath = fc.constantFrom(
  "/",
  "/",
  "/admin",
  "/admin/",
  "/x",
  "/x/admin",
  "/admin/x",
  "/x;y",
  "/;/admin",
  "/..;",
  "/a",
);
const regexPath = fc.constantFrom("/", "/admin", "/(admin|x)/", "/x/.*", "/[^/]*/admin", "/;", "/x");
const table = fc.boolean().chain((regexMode) =>
  fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom("prefix" as const, "exact" as const),
        regexMode ? regexPath : plainPath,
        fc.constantFrom(...GUARDS),
      ),
      {
        minLength: 1,
        maxLength: 5,
        selector: ([type, path]) => `${type} ${path === "/" ? path : path.replace(/\/$/, "")}`,
      },
    )
    .map((rules) =>
      buildHost(
        "shop.example",
        rules.map((rule, index) => guardedRoute(index, rule)),
        { regexMode },
      ),
    ),
);

const pieces = [
  "/ / // \\ %5c %2f %252f %255C ; ;x %3b %253b . .. %2e %252e %252E%252e /x/../",
  "x admin admin /admin ad min a %61dmin %2561dmin ?q %3f %23 %253F %2500 %09 %250a",
  '\u00e9 %c0%af %c0%ae %c1%a1 " {|} http:',
].flatMap((line) => line.split(" "));
const piece = fc.constantFrom(...pieces);
const target = fc.array(piece, { maxLength: 7 }).map((pieces) => `/${pieces.join("")}`);

/** `test-one-3-80`, as `buildRoute` names upstreams, or the id alone. */
function guardOf(id: string): string {
  return id.replace(/^test-/, "").split("-", 1)[0] ?? "";
}

function guardAt(host: VirtualHost, path: string): string {
  const found = naiveMatch(host, path);
  return found.startsWith("301 ") ? guardAt(host, `${path}/`) : guardOf(found);
}

/** Each reader of what was forwarded that sees a guard other than that of the route which was judged; empty when nothing was. */
function slipsPast(proxy: ExchangeHarness, host: VirtualHost, sent: string): readonly string[] {
  const before = proxy.upstream.requests.length;
  proxy.send({ target: sent });
  const forwarded = proxy.upstream.requests[before];
  if (forwarded === undefined) return [];
  const judged = guardOf(forwarded.plan.upstream.id);
  return PATH_READERS.flatMap(({ name, read }) =>
    read(forwarded.head.target).flatMap((path) => {
      const guard = guardAt(host, path);
      return guard === "none" || guard === judged ? [] : [`${name} reads ${path}, guarded by ${guard}, not ${judged}`];
    }),
  );
}

describe("other readings of a path", () => {
  test("no reader sees a route that is guarded otherwise than the one that was judged", () => {
    let forwardedTargets = 0;
    fc.assert(
      fc.property(table, fc.array(target, { minLength: 1, maxLength: 12 }), (host, targets) => {
        using proxy = new ExchangeHarness();
        proxy.apply({ hosts: [host] });
        for (const sent of targets) expect(slipsPast(proxy, host, sent), sent).toEqual([]);
        forwardedTargets += proxy.upstream.requests.length;
      }),
      { numRuns: 3000 },
    );
    expect(forwardedTargets).toBeGreaterThan(1000);
  });

  test("are bounded in number and size whatever the path, and are paths", () => {
    const long = fc
      .tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 800 }))
      .map(([pieces, times]) => `/${pieces.join("").repeat(times)}`.slice(0, 8192));
    fc.assert(
      fc.property(long, (path) => {
        const readings = readingsOf(path) ?? [];
        expect(readings.every((reading) => reading.startsWith("/"))).toBe(true);
        expect(readings.join("").length).toBeLessThanOrEqual(64 * 1024 + 8 * 8192);
        expect(readings.length).toBeLessThan(110);
      }),
      { numRuns: 300 },
    );
  });
});
