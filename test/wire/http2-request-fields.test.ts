import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAuthority } from "../../src/lib/host-name.ts";
import { parseRequestFields } from "../../src/wire/http2/request-fields.ts";

const PSEUDO = [":method", "GET", ":scheme", "https", ":path", "/", ":authority", "a.test"];

function parse(...more: string[]) {
  return parseRequestFields([...PSEUDO, ...more], false);
}

test.each([
  ["a.test", "a.test", true],
  ["a.test", "A.TEST", true],
  ["a.test", "a.test.", true],
  ["a.test", "a.test:443", true],
  ["a.test:443", "a.test", true],
  ["a.test", "a.test:80", false],
  ["a.test:8443", "a.test:8443", true],
  ["a.test:8443", "a.test", false],
  ["a.test", "b.test", false],
  ["a.test", "", false],
  ["[::1]", "[::1]:443", true],
])("H2-12 authority %s and Host %s agree: %s", (authority, host, agree) => {
  const fields = [...PSEUDO.slice(0, 7), authority, "host", host];
  expect(parseRequestFields(fields, false).ok).toBe(agree);
});

test("a refused request says as much as was understood of it", () => {
  const refused = parseRequestFields(
    [":method", "POST", ":scheme", "ftp", ":path", "/x", ":authority", "a.test"],
    false,
  );
  expect(refused).toMatchObject({
    ok: false,
    error: { error: { status: 400, code: "bad-scheme" }, method: "POST", target: "/x", bytes: 60 },
  });
});

test("fields with an underscore are kept when that is wanted", () => {
  const parsed = parseRequestFields([...PSEUDO, "x_a", "1"], true);
  expect(parsed.ok && parsed.value.head.headers.get("x_a")).toBe("1");
});

test("te: trailers is understood in any case", () => {
  const parsed = parse("te", "Trailers");
  expect(parsed.ok && parsed.value.takesTrailers).toBe(true);
});

const text = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
});

test("whatever the fields, an accepted head is one that cannot be misread", () => {
  const name = fc.constantFrom(
    ":method",
    ":scheme",
    ":path",
    ":authority",
    "host",
    "cookie",
    "content-length",
    "x",
    "x_y",
  );
  const value = fc.oneof(text, fc.constantFrom("GET", "https", "/", "/a?b", "a.test", "A.test:443", "5", "*"));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (fields) => {
      const parsed = parseRequestFields([...PSEUDO, ...fields.flat()], false);
      if (!parsed.ok) return;
      const { head, contentLength } = parsed.value;
      expect(head.method).toMatch(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/);
      // Bytes above ASCII pass here; the router percent-encodes them once.
      expect(head.target).toMatch(/^(?:\/[\u0021\u0022\u0024-\u007e\u0080-\u00ff]*|\*)$/);
      expect(parseAuthority(head.authority).ok).toBe(true);
      expect(contentLength).toBeGreaterThanOrEqual(-1);
      expect([...head.headers].some(([one]) => one.startsWith(":") || one === "host" || one.includes("_"))).toBe(false);
    }),
    { numRuns: 2000 },
  );
});
