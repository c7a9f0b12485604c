import { describe, expect, test } from "vitest";
import { deltaOf } from "../../../src/model/delta.ts";
import type { RankedGroup } from "../../../src/model/route-group.ts";
import { INGRESS_TABLE } from "../../../src/model/table.ts";
import { Runtime } from "../../../src/proxy/runtime/runtime.ts";
import { buildGroup, GATEWAY_TABLE } from "../../support/builders/group-builder.ts";
import { openOwnLimits } from "../../support/builders/own-limits.ts";
import { buildDelta } from "../../support/builders/model-builder.ts";
import { buildHost, buildRoute } from "../../support/builders/route-builder.ts";

const limits = openOwnLimits(
  16,
  () => 0,
  () => 0.5,
);

function runtimeWith(...groups: readonly RankedGroup[]): Runtime {
  const runtime = new Runtime([], { limits });
  apply(runtime, ...groups);
  return runtime;
}

function apply(runtime: Runtime, ...groups: readonly RankedGroup[]): void {
  runtime.apply(deltaOf({ groups: new Map(groups.map((group) => [group.id, group])) }));
}

function remove(runtime: Runtime, ...groups: readonly RankedGroup[]): void {
  runtime.apply(deltaOf({ groups: new Map(groups.map(({ id }) => [id, null])) }));
}

/** Id of the route that serves; a word where none does. */
function served(runtime: Runtime, host: string, path: string, table = GATEWAY_TABLE): string {
  const match = runtime.tables.get(table).find(host)?.match(path) ?? null;
  return match?.kind === "route" ? match.payload.route.id : (match?.kind ?? "not found");
}

const ROOT = { type: "prefix", path: "/" } as const;

describe("a host of a ranked table", () => {
  test("has the routes of all its groups, in the order of their ranks", () => {
    const runtime = runtimeWith(
      buildGroup("young", ["a.test"], [ROOT, { type: "prefix", path: "/x" }], { second: 2 }),
      buildGroup("old", ["a.test"], [{ type: "prefix", path: "/x" }], { second: 1 }),
      buildGroup("exact", ["a.test"], [{ type: "exact", path: "/x" }], { second: 3 }),
    );
    expect(["/", "/x", "/x/", "/x/y", "/xy"].map((path) => served(runtime, "a.test", path))).toEqual([
      "young-0",
      "exact-0",
      "old-0",
      "old-0",
      "young-0",
    ]);
  });

  test("follows one group that is replaced or goes, and keeps what the others compiled", () => {
    const first = buildGroup("first", ["a.test"], [ROOT], { second: 1 });
    const second = buildGroup("second", ["a.test", "b.test"], [ROOT], { second: 2 });
    const runtime = runtimeWith(first, second);
    const before = runtime.tables.get(GATEWAY_TABLE).find("b.test")?.onlyRoute;
    expect(served(runtime, "a.test", "/")).toBe("first-0");
    remove(runtime, first);
    expect(served(runtime, "a.test", "/")).toBe("second-0");
    expect(runtime.tables.get(GATEWAY_TABLE).find("a.test")?.onlyRoute).toBe(before);
    apply(runtime, buildGroup("second", ["b.test"], [ROOT]));
    expect([served(runtime, "a.test", "/"), served(runtime, "b.test", "/")]).toEqual(["not found", "second-0"]);
    expect(runtime.tables.get(GATEWAY_TABLE).names()).toEqual(["b.test"]);
  });

  test("gives what none of its routes matches to the next less specific host", () => {
    const runtime = runtimeWith(
      buildGroup("exact", ["a.b.test"], [{ type: "exact", path: "/one" }]),
      buildGroup("wild", ["*.b.test"], [{ type: "prefix", path: "/two" }]),
      buildGroup("wilder", ["*.test"], [{ type: "prefix", path: "/three" }]),
      buildGroup("any", ["_"], [{ type: "prefix", path: "/four" }]),
    );
    const paths = ["/one", "/two", "/three", "/four", "/five"];
    expect(paths.map((path) => served(runtime, "a.b.test", path))).toEqual([
      "exact-0",
      "wild-0",
      "wilder-0",
      "any-0",
      "not found",
    ]);
    expect(served(runtime, "x.y.b.test", "/one")).toBe("not found");
    expect(served(runtime, "x.y.b.test", "/two")).toBe("wild-0");
    expect(served(runtime, "elsewhere", "/three")).toBe("not found");
    expect(served(runtime, "elsewhere", "/four")).toBe("any-0");
  });

  test("takes a wildcard of any depth, the longest that fits, and not the name that follows it", () => {
    const runtime = runtimeWith(buildGroup("short", ["*.test"], [ROOT]), buildGroup("long", ["*.b.test"], [ROOT]));
    expect(["a.test", "b.test", "x.b.test", "x.y.z.b.test", "test"].map((host) => served(runtime, host, "/"))).toEqual([
      "short-0",
      "short-0",
      "long-0",
      "long-0",
      "not found",
    ]);
    remove(runtime, buildGroup("long", ["*.b.test"], [ROOT]));
    expect(served(runtime, "x.b.test", "/")).toBe("short-0");
  });

  test("redirects nothing to a path with a slash, and a prefix with one is that without", () => {
    const runtime = runtimeWith(
      buildGroup(
        "web",
        ["a.test"],
        [
          { type: "prefix", path: "/docs/" },
          { type: "exact", path: "/end/" },
        ],
      ),
    );
    expect(["/docs", "/docs/", "/docs/x", "/end", "/end/"].map((path) => served(runtime, "a.test", path))).toEqual([
      "web-0",
      "web-0",
      "web-0",
      "not found",
      "web-1",
    ]);
  });
});

test("a path of a ranked host is judged by routes of less specific hosts, too: they may be guarded", () => {
  const runtime = runtimeWith(
    buildGroup("open", ["a.test"], [{ type: "prefix", path: "/x" }]),
    buildGroup("whole", ["b.test"], [ROOT]),
  );
  const guardsOf = (host: string): boolean | undefined => runtime.tables.get(GATEWAY_TABLE).find(host)?.hasGuards;
  expect([guardsOf("a.test"), guardsOf("b.test")]).toEqual([true, false]);
});

describe("tables", () => {
  test("share no host with each other", () => {
    const other = "gateway/shop/other/http";
    const runtime = runtimeWith(
      buildGroup("web", ["a.test"], [ROOT]),
      buildGroup("other", ["a.test"], [ROOT], { table: other }),
    );
    runtime.apply(buildDelta({ hosts: [buildHost("a.test", [buildRoute("ingress", "prefix", "/")])] }));
    const tables = [GATEWAY_TABLE, other, INGRESS_TABLE, "gateway/none"];
    expect(tables.map((table) => served(runtime, "a.test", "/", table))).toEqual([
      "web-0",
      "other-0",
      "ingress",
      "not found",
    ]);
    remove(runtime, buildGroup("other", [], [], { table: other }));
    expect(served(runtime, "a.test", "/", other)).toBe("not found");
    expect(served(runtime, "a.test", "/")).toBe("web-0");
  });

  test("change in one step: what cannot be compiled leaves all of them as they were", () => {
    const runtime = runtimeWith(buildGroup("web", ["a.test"], [ROOT]));
    const broken = { ...buildGroup("web", ["a.test"], []), routes: [null as never] };
    const groups = new Map([[broken.id, broken]]);
    const delta = { ...buildDelta({ hosts: [buildHost("b.test", [buildRoute("x", "prefix", "/")])] }), groups };
    expect(() => runtime.apply(delta)).toThrow(TypeError);
    expect(served(runtime, "a.test", "/")).toBe("web-0");
    expect(runtime.tables.ingress.find("b.test")).toBeUndefined();
  });
});
