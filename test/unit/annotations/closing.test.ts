import { describe, expect, it } from "vitest";
import { ANNOTATIONS } from "../../../src/annotations/annotations.ts";
import { fieldOf, PLAIN_POLICY, PREFIX, readAnnotations } from "../../support/builders/read-annotations.ts";

const LIMITS = PLAIN_POLICY.limits;

describe("rate limits", () => {
  it.each([
    [{ "limit-rps": "10" }, { rps: 10 }],
    [{ "limit-rpm": "300" }, { rpm: 300 }],
    [{ "limit-connections": "4" }, { connections: 4 }],
    [{ "limit-rps": "0" }, {}],
    [{ "limit-burst-multiplier": "2" }, { burstMultiplier: 2 }],
    [{ "limit-burst-multiplier": "0" }, { burstMultiplier: 0 }],
    [{ "limit-allowlist": "10.1.2.3/8, 192.0.2.1,," }, { allowlist: ["10.0.0.0/8", "192.0.2.1/32"] }],
    [{ "limit-allowlist": "10.0.0.0/8,\n  2001:db8::/32\n" }, { allowlist: ["10.0.0.0/8", "2001:db8::/32"] }],
    [{ "limit-whitelist": "10.0.0.0/8" }, { allowlist: ["10.0.0.0/8"] }],
    [{ "limit-whitelist": "10.0.0.0/8", "limit-allowlist": "" }, { allowlist: ["10.0.0.0/8"] }],
  ])("%j give %j", (annotations, expected) => {
    const { policy, problems } = readAnnotations(annotations);
    expect(policy).toEqual({ ...PLAIN_POLICY, limits: { ...LIMITS, ...expected } });
    expect(problems).toEqual([]);
  });

  it.each([
    ["limit-rps", "10/s"],
    ["limit-rps", "1e3"],
    ["limit-rps", ""],
    ["limit-rpm", "99999999999999999999"],
    ["limit-connections", "many"],
    ["limit-allowlist", "10.0.0.0/33"],
    ["limit-allowlist", "10.0.0.0/8, office"],
    ["limit-whitelist", "10.0.0.0/8\u0000"],
  ])("%s: %j closes the routes, since the limit cannot be held", (name, value) => {
    const { policy, problems } = readAnnotations({ [name]: value });
    expect(problems).toMatchObject([
      { severity: "error", reason: "AnnotationParsingFailed", field: fieldOf(name), effect: "closed" },
    ]);
    expect(policy).toEqual({ ...PLAIN_POLICY, closed: problems[0]?.message });
    expect(policy.closed).toContain(`${PREFIX}/${name}`);
  });

  it.each(["limit-rps", "limit-rpm", "limit-connections"])(
    "%s below zero is off, as in ingress-nginx, with a warning",
    (name) => {
      const { policy, problems } = readAnnotations({ [name]: "-1" });
      expect(policy).toEqual(PLAIN_POLICY);
      expect(problems).toMatchObject([{ severity: "warning", field: fieldOf(name), effect: "none" }]);
    },
  );

  it("name the alias that the canonical key overrules", () => {
    const { policy, problems } = readAnnotations({
      "limit-allowlist": "10.0.0.0/8",
      "limit-whitelist": "192.0.2.0/24",
    });
    expect(policy.limits.allowlist).toEqual(["10.0.0.0/8"]);
    expect(problems).toMatchObject([{ severity: "warning", field: fieldOf("limit-whitelist"), effect: "ignored" }]);
  });

  it("have a default burst where the multiplier is broken", () => {
    const { policy, problems } = readAnnotations({ "limit-rps": "1", "limit-burst-multiplier": "-3" });
    expect(policy.limits).toMatchObject({ rps: 1, burstMultiplier: 5 });
    expect(problems).toMatchObject([{ effect: "ignored" }]);
  });
});

describe("access control that is not supported yet", () => {
  const names = ANNOTATIONS.filter(({ protects, reader }) => protects === "access" && reader === null).flatMap(
    ({ name, aliases }) => [name, ...aliases],
  );

  it.each(names)("%s closes the routes", (name) => {
    const { policy, problems } = readAnnotations({ [name]: "some-value" });
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf(name), effect: "closed" }]);
    const { scope } = ANNOTATIONS.find((entry) => entry.name === name || entry.aliases.includes(name)) ?? {};
    const closed = problems[0]?.message;
    expect(policy).toEqual({ ...PLAIN_POLICY, closed, closedHost: scope === "host" ? closed : null });
  });

  it.each([
    "auth-url",
    "auth-type",
    "auth-tls-secret",
    "auth-tls-match-cn",
    "satisfy",
    "allowlist-source-range",
    "whitelist-source-range",
    "denylist-source-range",
    "enable-modsecurity",
    "enable-owasp-core-rules",
    "modsecurity-snippet",
    "modsecurity-transaction-id",
    "configuration-snippet",
    "server-snippet",
    "auth-snippet",
    "stream-snippet",
  ])("%s is one of them", (name) => {
    expect(names).toContain(name);
  });

  it.each([
    ["enable-modsecurity", "false"],
    ["enable-owasp-core-rules", "0"],
    ["satisfy", "all"],
    ["whitelist-source-range", "0.0.0.0/0,::/0"],
    ["allowlist-source-range", " ::/0 , 10.0.0.0/8, 0.0.0.0/0 "],
    ["allowlist-source-range", "0.0.0.0/1,128.0.0.0/1,::/1,8000::/1"],
    ["auth-tls-verify-client", "off"],
    ["auth-always-set-cookie", "false"],
    ["proxy-ssl-verify", "off"],
  ])("%s: %s asks for nothing and costs nothing", (name, value) => {
    expect(readAnnotations({ [name]: value })).toEqual({ policy: PLAIN_POLICY, problems: [] });
  });

  it.each([
    ["allowlist-source-range", "0.0.0.0/0"],
    ["whitelist-source-range", "::/0"],
    ["whitelist-source-range", "0.0.0.0/0,::/1"],
    ["whitelist-source-range", "0.0.0.0/0,::/0,everyone"],
    ["whitelist-source-range", "0.0.0.0/0 ::/0"],
    ["denylist-source-range", "0.0.0.0/0,::/0"],
  ])("%s: %s leaves somebody out, and closes", (name, value) => {
    const { policy, problems } = readAnnotations({ [name]: value });
    expect(policy.closed).toContain(name);
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf(name), effect: "closed" }]);
  });

  it.each([
    ["allowlist-source-range", "  "],
    ["whitelist-source-range", ""],
    ["denylist-source-range", ""],
    ["auth-url", "\n"],
  ])("closes when %s is blank: nobody was meant to be let in by it", (name, value) => {
    const { policy, problems } = readAnnotations({ [name]: value });
    expect(policy.closed).toContain(name);
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf(name), effect: "closed" }]);
  });

  it.each(["auth-tls-secret", "auth-tls-match-cn", "server-snippet", "auth-tls-secrt"])(
    "%s guards its whole host",
    (name) => {
      expect(readAnnotations({ [name]: "a/b" }).policy.closedHost).toContain(name);
    },
  );

  it.each(["auth-url", "allowlist-source-range", "configuration-snippet", "limit-rps"])(
    "%s guards no more than the paths of its Ingress",
    (name) => {
      const { policy } = readAnnotations({ [name]: "x" });
      expect([policy.closed, policy.closedHost]).toEqual([expect.stringContaining(name), null]);
    },
  );

  it("names every reason where there are several", () => {
    const { policy } = readAnnotations({ "auth-url": "https://a.example.com", "limit-rps": "x" });
    expect(policy.closed).toContain("auth-url");
    expect(policy.closed).toContain("limit-rps");
  });
});

describe("backend-protocol", () => {
  it.each(["FCGI", "fcgi"])("%s closes the routes, since nobody here speaks it", (value) => {
    const { policy, problems } = readAnnotations({ "backend-protocol": value });
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf("backend-protocol"), effect: "closed" }]);
    expect(policy.closed).toContain(value.toUpperCase());
  });
});

describe("words that annotation-value-word-blocklist forbids", () => {
  const settings = { annotationWordBlocklist: ["_by_lua", "root"] };

  it("close the routes wherever an annotation of ours holds them", () => {
    const { policy, problems } = readAnnotations({ "app-root": "/chroot", "limit-rps": "5" }, settings);
    expect(problems).toMatchObject([{ reason: "AnnotationRefused", field: fieldOf("app-root"), effect: "closed" }]);
    expect(policy.closed).toContain('holds "root", which annotation-value-word-blocklist forbids');
  });

  it("mean nothing in other case, or where they are not", () => {
    expect(readAnnotations({ "app-root": "/ROOT", "limit-rps": "5" }, settings).problems).toEqual([]);
  });
});

describe("an annotation above annotations-risk-level", () => {
  it("closes the routes, and names its risk", () => {
    const { policy, problems } = readAnnotations(
      { "limit-rps": "5", "rewrite-target": "/" },
      { annotationsRiskLevel: "low" },
    );
    expect(problems).toMatchObject([
      { reason: "AnnotationRefused", field: fieldOf("rewrite-target"), effect: "closed" },
    ]);
    expect(policy.closed).toContain("of medium risk, above the annotations-risk-level low");
  });

  it("is none at the default, apart from snippets", () => {
    const named = ANNOTATIONS.filter(({ risk, reader }) => risk !== "critical" && reader !== null).map(
      ({ name }) => name,
    );
    const values = Object.fromEntries(named.map((name) => [name, ""]));
    const refused = readAnnotations(values).problems.filter(({ reason }) => reason === "AnnotationRefused");
    expect(refused).toEqual([]);
  });
});
