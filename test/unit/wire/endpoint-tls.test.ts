import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { uriNames } from "../../../src/wire/socket/endpoint-tls.ts";

describe("the URIs of a certificate", () => {
  test.each([
    ["none", "", []],
    ["no URI", "DNS:a.test, IP Address:127.0.0.1", []],
    ["one among others", "DNS:a.test, URI:spiffe://b/c, DNS:d.test", ["spiffe://b/c"]],
    ["several", "URI:spiffe://a, URI:https://b.test:8443/x", ["spiffe://a", "https://b.test:8443/x"]],
    ["one that another name pretends to have", String.raw`DNS:"x, URI:spiffe://evil", URI:spiffe://b`, ["spiffe://b"]],
    ["one behind an escaped quote", String.raw`DNS:"x\", URI:spiffe://evil, DNS:\"y", URI:spiffe://b`, ["spiffe://b"]],
    ["one in quotes", 'URI:"spiffe://a,b"', []],
    ["text that cannot be read to its end", 'URI:spiffe://a, DNS:"open', []],
  ])("%s", (_name, text, expected) => {
    expect(uriNames(text)).toEqual(expected);
  });

  test("are never found inside of a name that is quoted, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const quoted = JSON.stringify(`${before}, URI:spiffe://evil, ${after}`);
        expect(uriNames(`DNS:${quoted}, URI:spiffe://good`)).not.toContain("spiffe://evil");
      }),
    );
  });

  test("are found in time that grows with the text", () => {
    expect(uriNames(`DNS:${"a".repeat(100_000)}, URI:spiffe://b`)).toEqual(["spiffe://b"]);
    expect(uriNames('DNS:"'.repeat(50_000))).toEqual([]);
  });
});
