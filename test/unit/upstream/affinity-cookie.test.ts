import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAffinityCookie, readAffinityCookie } from "../../../src/upstream/upstream.ts";
import { buildAffinity } from "../../support/builders/filter-builder.ts";

const CONTEXT = { rulePath: "/shop", tls: false, userAgent: "curl/8", nowMs: Date.UTC(2006, 0, 2, 15, 4, 5) };

describe("the affinity cookie line", () => {
  test("is name, value, path of the rule and HttpOnly when nothing else is asked for", () => {
    expect(formatAffinityCookie(buildAffinity(), "1.2.3|abc", CONTEXT)).toBe(
      "INGRESSCOOKIE=1.2.3|abc; Path=/shop; HttpOnly",
    );
  });

  test("has all attributes in ingress-nginx's order", () => {
    const filter = buildAffinity({
      cookieName: "route",
      path: "/",
      domain: "example.com",
      expiresSeconds: 0,
      maxAgeSeconds: 172_800,
      sameSite: "Strict",
      secure: true,
    });
    expect(formatAffinityCookie(filter, "k|b", CONTEXT)).toBe(
      "route=k|b; Expires=Mon, 02-Jan-06 15:04:05 GMT; Max-Age=172800; Domain=example.com; Path=/; Secure; HttpOnly; SameSite=Strict",
    );
  });

  test.each([
    [3_600, "Mon, 02-Jan-06 16:04:05 GMT"],
    [-3_600, "Mon, 02-Jan-06 14:04:05 GMT"],
    [86_400 * 365 * 30, "Wed, 26-Dec-35 15:04:05 GMT"],
    [86_400 * 365 * 40, "Sat, 23-Dec-2045 15:04:05 GMT"],
    [-1e15, "Thu, 01-Jan-70 00:00:00 GMT"],
    [1e15, "Fri, 31-Dec-9999 23:59:59 GMT"],
  ])("expires %d seconds from now at %s", (expiresSeconds, date) => {
    const line = formatAffinityCookie(buildAffinity({ expiresSeconds }), "v", CONTEXT);
    expect(line).toContain(`; Expires=${date};`);
  });

  test.each([
    { secure: false, tls: false, expected: false },
    { secure: false, tls: true, expected: true },
    { secure: true, tls: false, expected: true },
  ])("secure $secure on a connection with tls $tls: Secure $expected", ({ secure, tls, expected }) => {
    const line = formatAffinityCookie(buildAffinity({ secure }), "v", { ...CONTEXT, tls });
    expect(line.includes("; Secure")).toBe(expected);
  });

  const SAFARI = "Version/12.0 Safari/605.1.15";
  test.each([
    ["Mozilla/5.0 (X11; Linux x86_64) Chrome/51.0.1 Safari/537.36", false],
    ["Mozilla/5.0 Chrome/66.0 Safari/537.36", false],
    ["Mozilla/5.0 Chrome/45.0", false],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 12_1 like Mac OS X)", false],
    ["Mozilla/5.0 (iPad; CPU OS 12_0 like Mac OS X)", false],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) ${SAFARI}`, false],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) Chrome/110.0 Safari/537.36`, true],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_6) ${SAFARI}`, true],
    ["Mozilla/5.0 Chrome/80.0", true],
    ["", true],
  ])("conditional SameSite=None for %s: %s", (userAgent, sent) => {
    const filter = buildAffinity({ sameSite: "None", conditionalSameSiteNone: true });
    expect(formatAffinityCookie(filter, "v", { ...CONTEXT, userAgent }).includes("SameSite=None")).toBe(sent);
    const always = buildAffinity({ sameSite: "None" });
    expect(formatAffinityCookie(always, "v", { ...CONTEXT, userAgent })).toContain("; SameSite=None");
    const lax = buildAffinity({ sameSite: "Lax", conditionalSameSiteNone: true });
    expect(formatAffinityCookie(lax, "v", { ...CONTEXT, userAgent })).toContain("; SameSite=Lax");
  });

  test("leaves out a path that could end the attribute, and encodes one beyond ASCII", () => {
    const withPath = (path: string) => formatAffinityCookie(buildAffinity({ path }), "v", CONTEXT);
    expect(withPath("/a; Domain=evil.example")).toBe("INGRESSCOOKIE=v; HttpOnly");
    expect(withPath("/café")).toBe("INGRESSCOOKIE=v; Path=/caf%C3%A9; HttpOnly");
  });

  test("HD-14: holds no control character and no line break, whatever the texts", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, text, text, (cookieName, path, domain, value) => {
        const line = formatAffinityCookie(buildAffinity({ cookieName, path, domain }), value, CONTEXT);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe("reading the affinity cookie", () => {
  test.each([
    [undefined, null],
    ["", null],
    ["a=1", null],
    ["INGRESSCOOKIE=k|b", "k|b"],
    ["a=1; INGRESSCOOKIE=k|b; c=2", "k|b"],
    ["a=1;INGRESSCOOKIE = k|b ;c=2", "k|b"],
    ["ingresscookie=no", null],
    ["XINGRESSCOOKIE=no; INGRESSCOOKIEX=no", null],
    ["INGRESSCOOKIE=first; INGRESSCOOKIE=last", "last"],
    ["INGRESSCOOKIE=a=b", "a=b"],
    ["INGRESSCOOKIE=", ""],
    ["INGRESSCOOKIE", null],
  ])("%j holds %j", (cookies, value) => {
    expect(readAffinityCookie(cookies, "INGRESSCOOKIE")).toBe(value);
  });
});
