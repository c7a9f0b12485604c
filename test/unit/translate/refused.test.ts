import { describe, expect, test } from "vitest";
import type { Ingress, IngressPath } from "../../../src/kubernetes/objects.ts";
import { compileHost, HostTable, parseTarget } from "../../../src/router/router.ts";
import { translateAll, type TranslateOptions } from "../../../src/translate/translate.ts";
import { backend, ingress, type IngressParts, rule, service } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

const HOST = "shop.test";
const OPEN = ingress("t/open", { createdAtMs: 1, rules: [rule(HOST, ["/", "Prefix", "web:80"])] });
const LONG = `/admin/${"x".repeat(5000)}`;
const BLANK_LIST = { "whitelist-source-range": "" };

/** What becomes of a request on a model of these Ingresses: `Ingress name`, `closed`, `404` or `redirect`. */
function answer(objects: readonly Ingress[], url: string, options: Partial<TranslateOptions> = {}): string {
  const { model } = translateAll(
    { ...DEFAULT_OPTIONS, ...options },
    new MemorySnapshot([service("t/web"), ...objects]),
  );
  const table = new HostTable<string>();
  for (const host of model.virtualHosts.values()) {
    table.set(
      compileHost(host, ({ action, source }) =>
        action.kind === "forward" ? (source?.name ?? "") : action.kind === "closed" ? "closed" : "404",
      ),
    );
  }
  const { host, pathname } = /^(?<host>[^/]*)(?<pathname>.*)$/.exec(url)?.groups ?? {};
  const target = parseTarget(pathname ?? "");
  if (!target.ok) return String(target.error.status);
  const match = table.find(host ?? "")?.match(target.value.path) ?? null;
  return match === null ? "404" : match.kind === "route" ? match.payload : "redirect";
}

function guard(paths: readonly IngressPath[], parts: IngressParts = {}): Ingress {
  return ingress("t/guard", { createdAtMs: 2, annotations: BLANK_LIST, rules: [{ host: HOST, paths }], ...parts });
}

function at(path: string, pathType: IngressPath["pathType"] = "Prefix"): IngressPath {
  return { path, pathType, backend: backend("web:80") };
}

describe("a guarded path beside an open `/` of another Ingress keeps its requests", () => {
  test.each<[string, IngressPath["pathType"], string]>([
    ["/admin(/|$)(.*)", "Prefix", "/admin/x"],
    ["/admin(/|$)(.*)", "ImplementationSpecific", "/admin"],
    ["/v1/users:delete", "Prefix", "/v1/users:delete"],
    ["/v1/users:delete", "Exact", "/v1/users:delete"],
    ["/@admin", "Prefix", "/@admin/x"],
    ["/~root", "Exact", "/~root"],
    ["/a b", "Prefix", "/a%20b/c"],
    ["/a%20b", "Exact", "/a%20b"],
    ["//admin", "Prefix", "/admin/x"],
    ["/./admin", "Prefix", "/admin"],
    ["/x/../admin", "Exact", "/admin"],
    ["/admin?token=1", "Prefix", "/admin"],
    ["/((?!public|static).*)", "Prefix", "/private"],
    ["/api/v1/((?!health|ready).*)", "ImplementationSpecific", "/api/v1/users"],
    ["/adm(?<=m)in", "Prefix", "/admin"],
    ["/(.)\\1", "Prefix", "/aa"],
    ["/.*", "ImplementationSpecific", "/anything"],
    ["/ad\u0001min", "ImplementationSpecific", "/ad%01min"],
    ["admin", "Prefix", "/admin"],
  ])("%s (%s): %s", (path, pathType, request) => {
    expect(answer([OPEN, guard([at(path, pathType)])], HOST + request)).toBe("closed");
  });

  test("where the path is too long", () => {
    expect(answer([OPEN, guard([at(LONG)])], HOST + LONG)).toBe("closed");
  });

  test.each([
    ["a resource", { kind: "resource", apiGroup: "", resourceKind: "Bucket", name: "b" } as const],
    ["a backend that cannot be read", { kind: "unreadable" } as const],
  ])("with %s as its backend, guarded or not", (_, odd) => {
    const objects = [OPEN, guard([{ path: "/static", pathType: "Prefix", backend: odd }], { annotations: {} })];
    expect([answer(objects, `${HOST}/static/x`), answer(objects, `${HOST}/other`)]).toEqual(["closed", "open"]);
  });

  test("with a pathType of a time to come", () => {
    const objects = [OPEN, guard([{ ...at("/admin", null), unreadable: "pathType" }], { annotations: {} })];
    expect([answer(objects, `${HOST}/admin-x`), answer(objects, `${HOST}/other`)]).toEqual(["closed", "open"]);
  });

  test("with a path that cannot be read: then nobody knows what it is, and the whole host is closed", () => {
    expect(answer([OPEN, guard([{ ...at(""), unreadable: "path" }])], `${HOST}/any`)).toBe("closed");
  });

  test("where the whole Ingress is refused by the command line", () => {
    const refused = guard([at("/admin")], { annotations: {}, defaultBackend: backend("web:80") });
    const options = { defaultBackends: "refused" } as const;
    expect(answer([OPEN, refused], `${HOST}/admin`, options)).toBe("closed");
    expect(answer([OPEN, refused], `${HOST}/other`, options)).toBe("open");
  });

  test("where Exact `/` is shadowed on a host of regexes", () => {
    const open = ingress("t/open", {
      createdAtMs: 1,
      annotations: { "use-regex": "true" },
      rules: [rule(HOST, ["/", "Prefix", "web:80"])],
    });
    const objects = [open, guard([at("/", "Exact")])];
    expect([answer(objects, `${HOST}/`), answer(objects, `${HOST}/x`)]).toEqual(["closed", "open"]);
  });
});

describe("hosts that no Ingress may have", () => {
  test.each([
    ["shop.test:8080", "shop.test/admin"],
    ["SHOP.test.", "shop.test/admin"],
    ["10.0.0.1", "10.0.0.1/admin"],
    ["a_b.test", "a_b.test/admin"],
    ["*.a_b.test", "x.a_b.test/admin"],
    ["_", "unknown.test/admin"],
  ])("%s closes what clients mean by it: %s", (host, request) => {
    const all = ingress("t/all", { rules: [rule("", ["/", "Prefix", "web:80"])] });
    const odd = ingress("t/odd", {
      createdAtMs: 2,
      annotations: BLANK_LIST,
      rules: [{ host, paths: [at("/admin")] }],
    });
    expect(answer([all, OPEN, odd], request)).toBe("closed");
  });
});

describe("access control of a whole host that cannot be honoured", () => {
  const TLS = { "auth-tls-secret": "t/ca" };
  const objects = [OPEN, guard([at("/admin")], { annotations: TLS })];

  test("closes the paths of every Ingress of the host, whichever is older", () => {
    expect([answer(objects, `${HOST}/admin`), answer(objects, `${HOST}/x`)]).toEqual(["closed", "closed"]);
  });

  test("is told to the others with the name of the Ingress that closed the host", () => {
    const { problems } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot([service("t/web"), ...objects]));
    expect(problems.get("Ingress t/open")).toMatchObject([
      {
        reason: "HostClosed",
        effect: "closed",
        value: HOST,
        message: expect.stringContaining("Ingress t/guard") as unknown,
      },
    ]);
  });

  test("closes app-root too, and no other host", () => {
    const root = ingress("t/root", { annotations: { "app-root": "/app" }, rules: [rule(HOST), rule("other.test")] });
    const { model } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot([service("t/web"), ...objects, root]));
    expect(model.virtualHosts.get(HOST)?.filters.appRoot).toBeUndefined();
    expect(model.virtualHosts.get("other.test")?.filters.appRoot).toMatchObject({ path: "/app" });
  });

  test("counts for nothing on a canary, whose annotations are ignored", () => {
    const canary = guard([at("/")], { annotations: { ...TLS, canary: "true" } });
    expect(answer([OPEN, canary], `${HOST}/`)).toBe("open");
  });
});

describe("paths with other characters are served", () => {
  test.each<[string, IngressPath["pathType"], string]>([
    ["/v1/users:delete", "Exact", "/v1/users:delete"],
    ["/@admin", "Prefix", "/@admin/x"],
    ["/~root", "Prefix", "/~root"],
    ["/a b", "Prefix", "/a%20b"],
    ["/files(old)", "Prefix", "/files(old)/x"],
    ["/caf\u00e9", "Exact", "/caf%C3%A9"],
  ])("%s (%s) takes %s", (path, pathType, request) => {
    expect(answer([OPEN, guard([at(path, pathType)], { annotations: {} })], HOST + request)).toBe("guard");
  });

  test("a regex with Prefix is one where the host's paths are regexes", () => {
    const rewriting = guard([at("/admin(/|$)(.*)")], { annotations: { "rewrite-target": "/$2" } });
    const objects = [OPEN, rewriting];
    expect(["/admin", "/admin/x", "/administrator"].map((path) => answer(objects, HOST + path))).toEqual([
      "guard",
      "guard",
      "open",
    ]);
  });

  test("a path without access control that can match nothing leaves its requests to others, as in ingress-nginx", () => {
    expect(answer([OPEN, guard([at("/admin(/|$)(.*)")], { annotations: {} })], `${HOST}/admin/x`)).toBe("open");
  });
});

describe("the names of server-alias, which are not served yet", () => {
  const all = ingress("t/all", { rules: [rule("", ["/", "Prefix", "web:80"])] });
  const wild = ingress("t/wild", { rules: [rule("*.wild.test", ["/", "Prefix", "web:80"])] });
  const aliased = guard([at("/admin")], {
    annotations: { ...BLANK_LIST, "server-alias": "www.shop.test, x.wild.test,*.alias.test, ~^re\\d\\.test$" },
  });

  test.each(["www.shop.test/admin", "x.wild.test/any", "a.alias.test/"])("%s is closed", (url) => {
    expect(answer([all, wild, OPEN, aliased], url)).toBe("closed");
  });

  test("leave a host to the Ingress that has rules for it, older or not", () => {
    for (const createdAtMs of [0, 9]) {
      const real = ingress("t/real", { createdAtMs, rules: [rule("www.shop.test", ["/", "Prefix", "web:80"])] });
      expect(answer([all, aliased, real], "www.shop.test/admin")).toBe("real");
    }
  });

  test("leave other hosts alone", () => {
    expect([answer([all, wild, aliased], "y.wild.test/"), answer([all, aliased], "z.test/")]).toEqual(["wild", "all"]);
  });
});
