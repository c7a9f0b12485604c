import { beforeAll, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { sealSecret } from "../../../src/lib/secret.ts";
import { CertificateIndex, createTicketSecret, type PemPair } from "../../../src/tls/tls.ts";
import { certificate, certificateDelta, EC_PAIR, testCa } from "../../support/builders/test-certificates.ts";
import { servedName } from "../../support/clients/tls-handshake.ts";

let fallback: PemPair;
let shop: PemPair;
let wild: PemPair;
beforeAll(() => {
  fallback = testCa().issue("fallback.test");
  shop = testCa().issue("shop.test");
  wild = testCa().issue("*.shop.test");
});

function openIndex(
  changes: { clock?: Clock; fallback?: PemPair; issueForHost?: (host: string) => PemPair } = {},
): CertificateIndex {
  return new CertificateIndex({
    clock: changes.clock ?? systemClock,
    logger: silentLogger,
    fallback: changes.fallback ?? fallback,
    issueForHost: changes.issueForHost ?? null,
  });
}

/** A host, its wildcard, a host without TLS, and one that asks for the default certificate. */
function openShop(): CertificateIndex {
  const index = openIndex();
  index.apply(
    certificateDelta([certificate("ns/shop", shop), certificate("ns/wild", wild)], {
      "shop.test": "ns/shop",
      "*.shop.test": "ns/wild",
      "plain.shop.test": null,
      "default.shop.test": "default",
      __proto__: null,
      "gone.test": "ns/gone",
    }),
  );
  return index;
}

const NAMES: readonly (readonly [string, string])[] = [
  ["shop.test", "shop.test"],
  ["SHOP.Test", "shop.test"],
  ["shop.test.", "shop.test"],
  ["a.shop.test", "*.shop.test"],
  ["A.SHOP.TEST.", "*.shop.test"],
  ["a.b.shop.test", "fallback.test"],
  ["plain.shop.test", "*.shop.test"],
  ["default.shop.test", "fallback.test"],
  ["gone.test", "fallback.test"],
  ["other.test", "fallback.test"],
  ["test", "fallback.test"],
  ["", "fallback.test"],
  [".", "fallback.test"],
  ["__proto__", "fallback.test"],
  ["constructor", "fallback.test"],
  ["127.0.0.1", "fallback.test"],
  ["shop.test\0evil", "fallback.test"],
  ["x".repeat(65_000), "fallback.test"],
  ["_", "fallback.test"],
];

test.each(NAMES)("HD-09 TL-07 the name %j gets the certificate of %s", async (name, expected) => {
  expect(await servedName(openShop().contextFor(name))).toBe(expected);
});

test("the default certificate serves unknown names and hosts that ask for it", async () => {
  const index = openShop();
  index.apply(certificateDelta([certificate("ns/default", testCa().issue("default.test"))], {}, "ns/default"));
  for (const name of ["", "other.test", "default.shop.test", "gone.test"]) {
    expect(await servedName(index.contextFor(name))).toBe("default.test");
  }
  index.apply(certificateDelta([], {}, null));
  expect(await servedName(index.contextFor(""))).toBe("fallback.test");
});

test("a rotated certificate serves from the next handshake on", async () => {
  const index = openShop();
  const before = index.contextFor("shop.test");
  index.apply(certificateDelta([certificate("ns/shop", testCa().issue("rotated.test"))]));
  expect(await servedName(index.contextFor("shop.test"))).toBe("rotated.test");
  expect(await servedName(before)).toBe("shop.test");
});

test("the same certificate again keeps its context, and with it the sessions of clients", () => {
  const index = openShop();
  const before = index.contextFor("shop.test");
  index.apply(certificateDelta([certificate("ns/shop", shop)]));
  expect(index.contextFor("shop.test")).toBe(before);
});

test("two hosts with different certificates never share a context", () => {
  const index = openShop();
  expect(index.contextFor("shop.test")).not.toBe(index.contextFor("a.shop.test"));
});

const BROKEN: readonly (readonly [string, () => PemPair])[] = [
  ["garbage", () => ({ certPem: "garbage", keyPem: sealSecret("garbage") })],
  ["nothing", () => ({ certPem: "", keyPem: sealSecret("x") })],
  ["a key of another certificate", () => ({ certPem: shop.certPem, keyPem: EC_PAIR.keyPem })],
  ["a cut certificate", () => ({ certPem: shop.certPem.slice(0, 300), keyPem: shop.keyPem })],
];

test.each(BROKEN)(
  "TL-11 a rotation to %s keeps the last good certificate and becomes a problem",
  async (_name, broken) => {
    const index = openShop();
    index.apply(certificateDelta([certificate("ns/shop", broken())]));
    expect(await servedName(index.contextFor("shop.test"))).toBe("shop.test");
    expect(index.problems.get("ns/shop")).toMatchObject({
      severity: "error",
      reason: "CertificateUnusable",
      source: { kind: "Secret", namespace: "ns", name: "shop" },
      effect: "ignored",
    });
    expect(JSON.stringify([...index.problems])).not.toContain("PRIVATE");
    index.apply(certificateDelta([certificate("ns/shop", testCa().issue("repaired.test"))]));
    expect(await servedName(index.contextFor("shop.test"))).toBe("repaired.test");
    expect(index.problems.size).toBe(0);
  },
);

test.each(BROKEN)("TL-11 a certificate that was never good gives way to the default: %s", async (_name, broken) => {
  const index = openIndex();
  index.apply(certificateDelta([certificate("ns/bad", broken())], { "bad.test": "ns/bad" }));
  expect(await servedName(index.contextFor("bad.test"))).toBe("fallback.test");
  expect(index.problems.get("ns/bad")?.reason).toBe("CertificateUnusable");
  index.apply(certificateDelta([certificate("ns/bad", shop)]));
  expect(await servedName(index.contextFor("bad.test"))).toBe("shop.test");
});

test("TL-12 a deleted secret gives way to the default, others are untouched", async () => {
  const index = openShop();
  index.apply(certificateDelta([["ns/shop", null]]));
  expect(await servedName(index.contextFor("shop.test"))).toBe("fallback.test");
  expect(await servedName(index.contextFor("a.shop.test"))).toBe("*.shop.test");
});

test("TL-11 an expired certificate is served, with a warning", async () => {
  const index = openIndex();
  index.apply(certificateDelta([certificate("ns/old", shop, { notAfterMs: 1 })], { "old.test": "ns/old" }));
  expect(await servedName(index.contextFor("old.test"))).toBe("shop.test");
  expect(index.problems.get("ns/old")).toMatchObject({
    severity: "warning",
    reason: "CertificateExpired",
    effect: "none",
  });
});

test("a fallback that cannot be used is refused at once", () => {
  expect(() => openIndex({ fallback: { certPem: "x", keyPem: sealSecret("x") } })).toThrow("fallback certificate");
});

test("TL-13 another ticket secret makes every context, and its ticket keys, anew", () => {
  const index = openShop();
  const first = index.contextFor("shop.test");
  expect(index.contextFor("shop.test")).toBe(first);
  index.setTicketSecret(createTicketSecret());
  const second = index.contextFor("shop.test");
  expect(second).not.toBe(first);
  expect(index.contextFor("shop.test")).toBe(second);
});

test("in development every host without a working certificate gets one of its own, once", async () => {
  const asked: string[] = [];
  const issueForHost = (host: string): PemPair => {
    asked.push(host);
    return testCa().issue(host);
  };
  const index = openIndex({ issueForHost });
  const hosts = { "a.localhost": "ns/missing", "b.localhost": null, "c.localhost": "default", "*.d.localhost": null };
  index.apply(certificateDelta([], hosts));
  expect(await servedName(index.contextFor("a.localhost"))).toBe("a.localhost");
  expect(await servedName(index.contextFor("b.localhost"))).toBe("b.localhost");
  expect(await servedName(index.contextFor("c.localhost"))).toBe("c.localhost");
  expect(await servedName(index.contextFor("x.d.localhost"))).toBe("*.d.localhost");
  expect(await servedName(index.contextFor("unknown.localhost"))).toBe("fallback.test");
  index.contextFor("a.localhost");
  index.contextFor("y.d.localhost");
  expect(asked).toEqual(["a.localhost", "b.localhost", "c.localhost", "*.d.localhost"]);
});
