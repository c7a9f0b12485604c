import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompiledRewrite, compileRewrite } from "../../../src/router/router.ts";
import { buildRoute } from "../../support/builders/route-builder.ts";

describe("rewrite-target", () => {
  test.each([
    ["/something(/|$)(.*)", "/$2", "/something/new", "", "/new"],
    ["/something(/|$)(.*)", "/$2", "/something", "", "/"],
    ["/something(/|$)(.*)", "/$2", "/something/", "?a=1", "/?a=1"],
    ["/foo", "/bar", "/foo/x/y", "?q", "/bar?q"],
    ["/(?:api|API)/(.*)", "/v2/$1", "/API/x", "", "/v2/x"],
    ["/(a)|(b)", "/$1-$2", "/a", "", "/a-"],
    ["/x/(.*)", "/$1", "/x/a?b#c%d e", "", "/a%3Fb%23c%25d%20e"],
    ["/x(.*)", "/$1", "/x//y", "", "/y"],
    ["/x/(.*)", "$1", "/x/y", "", "/y"],
    ["/x/.(.*)", "/a/.$1/b", "/x/./c", "", "/a/c/b"],
    ["/x/(.*)", "/q/$9", "/x/y", "", "/q/"],
  ])("path %s with target %s turns %s%s into the upstream's target", (path, target, requestPath, query, expected) => {
    expect(compile(path, target).apply(requestPath, query)).toBe(expected);
  });

  test("fills captures into x-forwarded-prefix, safe for a header", () => {
    expect(compile("/p/([^/]*)(.*)", "/$2").expand("/p/$1", "/p/a\r\nb/c")).toBe("/p/a%0D%0Ab");
  });

  test("is absent where the Ingress has none", () => {
    expect(compileRewrite(buildRoute("r", "prefix", "/a"))).toBeNull();
  });

  test("PT-14 never climbs, adds a query or breaks a line, whatever was captured", () => {
    const rewrite = compile("/x(.*)", "/base/$1/end");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }).map(latin1), (tail) => {
        const out = rewrite.apply(`/x${tail}`, "");
        expect(out).toMatch(/^\/[\x21-\x7e]*$/);
        expect(out).not.toMatch(/[?#]|\/\/|(^|\/)\.\.?(\/|$)/);
      }),
    );
  });
});

function compile(path: string, target: string): CompiledRewrite {
  const rewrite = compileRewrite(buildRoute("r", "prefix", path, { rewrite: { target } }));
  if (rewrite === null) throw new Error("no rewrite compiled");
  return rewrite;
}

function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
