import fc from "fast-check";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { compileCidrs, coversEveryAddress, parseCidr, unmapped } from "../../../src/lib/cidr.ts";
import { parseGoBool, parseGoInt } from "../../../src/lib/go-values.ts";
import { canonicalServerName, hostOfAuthority, parseAuthority, parseRuleHost } from "../../../src/lib/host-name.ts";
import { printable } from "../../../src/lib/printable.ts";
import { memoizeBounded } from "../../../src/lib/memoize-bounded.ts";
import { revealSecret, sealSecret } from "../../../src/lib/secret.ts";

describe("an authority", () => {
  test.each([
    ["A.Test", "a.test", null],
    ["a.test.", "a.test", null],
    ["a.test:8080", "a.test", 8080],
    ["a.test.:1", "a.test", 1],
    ["a.test:", "a.test", null],
    ["A.test.:", "a.test", null],
    ["[::1]:", "[::1]", null],
    ["127.0.0.1:80", "127.0.0.1", 80],
    ["[::1]:443", "[::1]", 443],
    ["[FE80::A]", "[fe80::a]", null],
    ["under_score.svc", "under_score.svc", null],
  ])("%s is host %s, port %s", (text, host, port) => {
    expect(parseAuthority(text)).toEqual({ ok: true, value: { host, port } });
  });

  test.each([
    "",
    ".",
    "a,b",
    "u@a",
    "a/x",
    "a b",
    "a#x",
    "a?x",
    "::1",
    "a:80x",
    ":",
    "[::1",
    "a:0",
    "a:99999",
    "a..b",
    "<",
    "${jndi",
    "a%20b",
    "-a.test",
    "a\u0000",
    "a\r\nb",
    "256.1.1.1",
    "1.2.3",
    "[1.2.3.4]",
    "[::1]x",
    "[fe80::1%eth0]",
    "é.test",
    "a\\b",
    `${"a".repeat(64)}.test`,
    `${"a.".repeat(130)}a`,
  ])("%j is refused (HD-07)", (text) => {
    expect(parseAuthority(text).ok).toBe(false);
  });

  test("is canonical: parsing the canonical host gives it back", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((ip) => `[${ip}]`),
          fc.string(),
        ),
        (text) => {
          const parsed = parseAuthority(text);
          if (parsed.ok)
            expect(parseAuthority(parsed.value.host)).toMatchObject({ ok: true, value: { host: parsed.value.host } });
        },
      ),
    );
  });
});

describe("the host of an authority", () => {
  const label = fc.string({ unit: fc.constantFrom("a", "z", "0", "9", "_", "-", "A"), maxLength: 4 });
  const name = fc.array(fc.oneof(label, fc.constantFrom("127", "x".repeat(63), "x".repeat(64))), { maxLength: 6 });
  const port = fc.oneof(
    fc.constantFrom("", ":", ":80", ":0", ":65535", ":65536", ":080", ":1x", ":123456"),
    fc.string(),
  );

  test("is what parsing says of it, however it is written", () => {
    const text = fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.tuple(name, port).map(([labels, end]) => labels.join(".") + end),
    );
    fc.assert(
      fc.property(text, (authority) => {
        const parsed = parseAuthority(authority);
        expect(hostOfAuthority(authority)).toBe(parsed.ok ? parsed.value.host : null);
      }),
      { numRuns: 2000 },
    );
  });

  test("is none of a name of 254 characters", () => {
    const longest = `${"a.".repeat(126)}a`;
    expect([hostOfAuthority(longest), hostOfAuthority(`${longest}b`)]).toEqual([longest, null]);
  });
});

describe("an Ingress rule host", () => {
  test.each([
    ["Foo.Example.COM", "foo.example.com"],
    ["*.example.com", "*.example.com"],
    ["localhost", "localhost"],
  ])("%s is %s", (text, host) => expect(parseRuleHost(text)).toEqual({ ok: true, value: host }));

  test.each(["*", "*.", "a.*.b", "*a.b", "_.test", "10.0.0.1", "a b", "a.test:80", "__proto__"])(
    "%s is refused",
    (text) => expect(parseRuleHost(text).ok).toBe(false),
  );

  test("a TLS server name is canonical or null, never an exception", () => {
    expect(canonicalServerName("WWW.A.test.")).toBe("www.a.test");
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void canonicalServerName(text)));
  });
});

describe("a CIDR", () => {
  test.each([
    ["10.1.2.3", "10.1.2.3/32"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:db8::1", "2001:db8::1/128"],
    ["2001:DB8:0:0:0:0:0:1/32", "2001:db8::/32"],
    ["::ffff:1.2.3.4/128", "1.2.3.4/32"],
    ["::FFFF:102:304/120", "1.2.3.0/24"],
    ["::/0", "::/0"],
  ])("%s is %s", (text, canonical) => expect(parseCidr(text)).toEqual({ ok: true, value: canonical }));

  test.each([
    "",
    "10.0.0",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "a",
    "::/129",
    "fe80::1%eth0",
    "10.0.0.0/8/8",
    " 10.0.0.1",
  ])("%j is refused", (text) => expect(parseCidr(text).ok).toBe(false));

  test("set holds what its ranges cover, of the right family only", () => {
    const set = compileCidrs(["10.0.0.0/8", "192.168.1.7", "2001:db8::/32", "0.0.0.0/32"]);
    const members = [
      "10.255.0.1",
      "192.168.1.7",
      "2001:db8:1::2",
      "::ffff:10.1.1.1",
      "::FFFF:0a01:0101",
      "11.0.0.1",
      "192.168.1.8",
      "2001:db9::",
      "x",
    ];
    expect(members.map((address) => set.has(address))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  test("canonical text is a fixed point, and covers the address it came from", () => {
    fc.assert(
      fc.property(fc.oneof(fc.tuple(fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.nat(128))), ([address, prefix]) => {
        const parsed = parseCidr(`${address}/${prefix}`);
        if (!parsed.ok) throw new Error(parsed.error);
        expect(parseCidr(parsed.value)).toEqual(parsed);
        // A range that holds more than the mapped addresses is about IPv6, and does not cover IPv4 peers.
        const mapped = unmapped(address) !== address;
        expect(compileCidrs([parsed.value]).has(address)).toBe(!mapped || prefix >= 96);
      }),
    );
  });

  test("a list covers every address exactly when no part of either family is left out", () => {
    const turns = fc.array(fc.boolean(), { maxLength: 32 });
    fc.assert(
      fc.property(turns, turns, fc.nat(100), fc.array(fc.ipV4()), (turns4, turns6, pick, more) => {
        const parts = [...partsAlong(turns4, 32), ...partsAlong(turns6, 128)];
        expect(coversEveryAddress([...more, ...parts.toReversed(), "no address"])).toBe(true);
        expect(coversEveryAddress(parts.toSpliced(pick % parts.length, 1))).toBe(false);
      }),
    );
  });
});

/** All addresses of a width as ranges that do not overlap: on the way down the turns, the half not taken, and what remains. */
function partsAlong(turns: readonly boolean[], width: 32 | 128): readonly string[] {
  let bits = 0n;
  const parts = turns.map((high, i) => {
    const bit = 1n << BigInt(width - 1 - i);
    const other = high ? bits : bits | bit;
    if (high) bits |= bit;
    return `${addressOf(other, width)}/${i + 1}`;
  });
  return [...parts, `${addressOf(bits, width)}/${turns.length}`];
}

function addressOf(bits: bigint, width: 32 | 128): string {
  if (width === 32) return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join(".");
  return Array.from({ length: 8 }, (_, i) => ((bits >> BigInt((7 - i) * 16)) & 0xffffn).toString(16)).join(":");
}

describe("Go values", () => {
  test.each(["yes", "on", "TrUe", " true", "", "2"])("%j is no bool", (text) =>
    expect(parseGoBool(text).ok).toBe(false),
  );
  test.each([
    ["t", true],
    ["0", false],
    ["FALSE", false],
  ])("%s is the bool %s", (text, value) => expect(parseGoBool(text)).toEqual({ ok: true, value }));
  test.each([
    ["+5", 5],
    ["-0", 0],
    ["007", 7],
  ])("%s is the int %s", (text, value) => expect(parseGoInt(text)).toEqual({ ok: true, value }));
  test.each(["", "5s", " 5", "5.0", "0x5", "9007199254740993"])("%j is no int", (text) =>
    expect(parseGoInt(text).ok).toBe(false),
  );
});

describe("text for people", () => {
  test("has no control characters and is cut", () => {
    expect(printable("a\r\nb\u001b[31m\u202e")).toBe("a\\x0d\\x0ab\\x1b[31m\\u202e");
    expect(printable("x".repeat(300))).toHaveLength(200 + "… (300 characters)".length);
  });
});

describe("a secret", () => {
  test("shows itself in no printed form, and survives a structured clone", () => {
    const holder = { key: sealSecret("hunter2") };
    expect(JSON.stringify(holder) + inspect(holder, { depth: 9, showHidden: true })).not.toContain("hunter2");
    expect(revealSecret(structuredClone(holder).key)).toBe("hunter2");
  });
});

describe("a function that remembers", () => {
  test("finds each text once, also where what it found is false", () => {
    const asked: string[] = [];
    const isLong = memoizeBounded(10, (text) => asked.push(text) > 0 && text.length > 3);
    expect(["ab", "abcd", "ab", "abcd"].map(isLong)).toEqual([false, true, false, true]);
    expect(asked).toEqual(["ab", "abcd"]);
  });

  test("throws everything away when there is too much, and goes on", () => {
    const asked: string[] = [];
    const find = memoizeBounded(2, (text) => asked.push(text));
    for (const text of ["a", "b", "c", "c", "a"]) find(text);
    expect(asked).toEqual(["a", "b", "c", "a"]);
  });
});
