import { describe, expect, it } from "vitest";
import { fieldOf, PLAIN_POLICY, readAnnotations } from "../../support/builders/read-annotations.ts";

const COOKIE = {
  mode: "balanced",
  cookieName: "INGRESSCOOKIE",
  path: null,
  domain: null,
  expiresSeconds: null,
  maxAgeSeconds: null,
  sameSite: null,
  conditionalSameSiteNone: false,
  secure: false,
  changeOnFailure: false,
};

describe("affinity annotations", () => {
  it.each([
    [{}, {}],
    [{ "affinity-mode": "persistent" }, { mode: "persistent" }],
    [{ "session-cookie-name": "route" }, { cookieName: "route" }],
    [{ "session-cookie-name": "a:b/c" }, { cookieName: "a:b/c" }],
    [{ "session-cookie-path": "/shop" }, { path: "/shop" }],
    [{ "session-cookie-domain": ".example.com" }, { domain: ".example.com" }],
    [{ "session-cookie-expires": "172800" }, { expiresSeconds: 172_800 }],
    [{ "session-cookie-expires": "-1" }, { expiresSeconds: -1 }],
    [{ "session-cookie-max-age": "0" }, { maxAgeSeconds: 0 }],
    [{ "session-cookie-samesite": "Lax" }, { sameSite: "Lax" }],
    [{ "session-cookie-samesite": "none" }, { sameSite: "None" }],
    [{ "session-cookie-samesite": "STRICT" }, { sameSite: "Strict" }],
    [{ "session-cookie-conditional-samesite-none": "true" }, { conditionalSameSiteNone: true }],
    [{ "session-cookie-secure": "true" }, { secure: true }],
    [{ "session-cookie-secure": "false" }, {}],
    [{ "session-cookie-change-on-failure": "true" }, { changeOnFailure: true }],
  ])("%j beside affinity: cookie give %j", (annotations, expected) => {
    const { policy, problems } = readAnnotations({ affinity: "cookie", ...annotations });
    expect(policy).toEqual({ ...PLAIN_POLICY, affinity: { ...COOKIE, ...expected } });
    expect(problems).toEqual([]);
  });

  it.each([
    ["affinity-mode", "sticky"],
    ["session-cookie-name", "a;b"],
    ["session-cookie-name", "a b"],
    ["session-cookie-name", "a=b"],
    ["session-cookie-path", "/a; Domain=evil"],
    ["session-cookie-domain", "a b"],
    ["session-cookie-domain", "a;b"],
    ["session-cookie-expires", "1h"],
    ["session-cookie-expires", "x5"],
    ["session-cookie-expires", "007"],
    ["session-cookie-max-age", "99999999999"],
    ["session-cookie-samesite", "sometimes"],
    ["session-cookie-secure", "yes"],
    ["session-cookie-change-on-failure", ""],
    ["session-cookie-conditional-samesite-none", "on"],
  ])("%s: %j keeps its default and gives one problem", (name, value) => {
    const { policy, problems } = readAnnotations({ affinity: "cookie", [name]: value });
    expect(policy.affinity).toEqual(COOKIE);
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf(name), effect: "ignored" }]);
  });

  it("say that they have no effect without affinity", () => {
    const { policy, problems } = readAnnotations({ "session-cookie-name": "route" });
    expect(policy).toEqual(PLAIN_POLICY);
    expect(problems).toMatchObject([{ severity: "warning", field: fieldOf("session-cookie-name"), effect: "ignored" }]);
  });

  it("warn about the default cookie path beside regex paths", () => {
    const { problems } = readAnnotations({ affinity: "cookie", "use-regex": "true" });
    expect(problems).toMatchObject([{ severity: "warning", field: fieldOf("affinity"), effect: "none" }]);
    expect(readAnnotations({ affinity: "cookie", "use-regex": "true", "session-cookie-path": "/" }).problems).toEqual(
      [],
    );
  });
});
