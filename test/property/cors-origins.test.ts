import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileOriginList } from "../../src/proxy/filters/cors.ts";
import { readAnnotations } from "../support/builders/read-annotations.ts";

const label = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const scheme = fc.constantFrom("https", "http", "app", "chrome-extension");
const port = fc.constantFrom("", ":80", ":8443", ":80800");
const star = fc.constantFrom("", "", "*.");
const pattern = fc.oneof(
  fc.tuple(scheme, star, host, port).map(([one, wild, name, end]) => `${one}://${wild}${name}${end}`),
  fc.constant("null"),
);
const patterns = fc.array(pattern, { minLength: 1, maxLength: 6 });
/** What may be written into a pattern's place or added to it. */
const noise = fc.constantFrom(
  "",
  "a",
  "-",
  ".",
  "a.b",
  "*",
  "x.evil",
  "/",
  ":",
  "\u0000",
  "é",
  "evil://",
  "null",
  ", ",
);

/** ingress-nginx's regex for a list, with an anchor at its start. */
function oracle(list: readonly string[]): RegExp {
  const alternatives = list.map((one) => {
    const quoted = one.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
    return `(?:${quoted.replace("\\*", "[A-Za-z0-9\\-]+")})`;
  });
  return new RegExp(`^(?:${alternatives.join("|")})$`, "i");
}

describe("the origins that are let in", () => {
  it("are those of ingress-nginx's regex, anchored at both ends", () => {
    const near = fc.tuple(patterns, fc.nat(), noise, noise, noise, fc.boolean());
    fc.assert(
      fc.property(near, ([list, which, before, inside, after, upper]) => {
        const chosen = list[which % list.length] ?? "";
        const origin = `${before}${chosen.replace("*", inside)}${after}`;
        const sent = upper ? origin.toUpperCase() : origin;
        expect(compileOriginList(list)(sent)).toBe(oracle(list).test(sent));
      }),
      { numRuns: 3000 },
    );
  });

  it("hold every origin that is written without a wildcard, in any case", () => {
    fc.assert(
      fc.property(patterns, (list) => {
        const isAllowed = compileOriginList(list);
        for (const one of list.filter((text) => !text.includes("*"))) expect(isAllowed(one.toUpperCase())).toBe(true);
      }),
    );
  });

  it("never grow by text that is no origin, whatever is written", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), pattern), { maxLength: 5 }), fc.string(), (items, origin) => {
        const annotations = { "enable-cors": "true", "cors-allow-origin": items.join(",") };
        const { cors } = readAnnotations(annotations).policy;
        const written = items.flatMap((item) => item.split(",")).map((item) => item.trim().toLowerCase());
        fc.pre(!written.includes("*") && items.join("").trim() !== "");
        const allowed = cors === null || cors.origins === "any" ? [] : cors.origins;
        expect(cors?.origins).not.toBe("any");
        for (const one of allowed) expect(written).toContain(one);
        if (compileOriginList(allowed)(origin))
          expect(origin).toMatch(/^(?:null|[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:-]+)$/i);
      }),
      { numRuns: 1000 },
    );
  });

  it("are found in time that grows with the text, for the longest list and origin", () => {
    const list = Array.from({ length: 800 }, (_, i) => `https://*.${"a.".repeat(i % 40)}b${i}`);
    expect(compileOriginList(list)(`https://${"a".repeat(100_000)}.b1`)).toBe(false);
    expect(compileOriginList(list)("https://x.a.b1")).toBe(true);
  });
});
