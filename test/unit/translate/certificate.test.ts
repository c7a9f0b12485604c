import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { sealSecret } from "../../../src/lib/secret.ts";
import { coversHost, certificateFingerprint, parseCertificate } from "../../../src/translate/shared/certificate.ts";
import { CertificateCache } from "../../../src/translate/shared/certificate-cache.ts";
import { translateAll } from "../../../src/translate/translate.ts";
import { readCertificateFixture } from "../../support/builders/certificate-fixture.ts";
import { ingress, rule, secret } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

const SHOP = readCertificateFixture("shop");

describe("the names of a certificate cover", () => {
  test.each([
    ["shop.example.com", ["shop.example.com"], true],
    ["shop.example.com", ["*.example.com"], true],
    ["example.com", ["*.example.com"], false],
    ["a.b.example.com", ["*.example.com"], false],
    ["*.example.com", ["*.example.com"], true],
    ["*.example.com", ["a.example.com"], false],
    ["localhost", ["*"], false],
    ["shop.example.com", [], false],
  ])("%s by %j: %s", (host, names, covered) => {
    expect(coversHost(names, host)).toBe(covered);
  });
});

describe("a Secret as a certificate", () => {
  test("carries names and expiry, which is not judged", () => {
    const made = secret("a/shop", SHOP);
    const parsed = parseCertificate(made, certificateFingerprint(made));
    expect(parsed).toMatchObject({ ok: true, value: { id: "a/shop", names: ["shop.example.com", "www.example.com"] } });
  });

  test("accepts CRLF line ends and text around the blocks", () => {
    const chain = `bag attributes\r\n${(SHOP["tls.crt"] ?? "").replaceAll("\n", "\r\n")}\r\ntrailing text\r\n`;
    const made = secret("a/shop", { ...SHOP, "tls.crt": chain });
    expect(parseCertificate(made, "x").ok).toBe(true);
  });

  test("TL-11: a megabyte of certificates is refused, not parsed", () => {
    const made = secret("a/bundle", { ...SHOP, "tls.crt": (SHOP["tls.crt"] ?? "").repeat(1500) });
    expect(parseCertificate(made, "x")).toEqual({ ok: false, error: "tls.crt holds more than 20 certificates" });
  });

  test.each([
    ["an empty key", { ...SHOP, "tls.key": "" }],
    ["bytes for a key", { ...SHOP, "tls.key": "\u0000\u0001\u0002" }],
    ["a certificate for a key", { ...SHOP, "tls.key": SHOP["tls.crt"] ?? "" }],
    ["an unfinished block", { ...SHOP, "tls.crt": "-----BEGIN CERTIFICATE-----\nMIIB" }],
    ["nothing", {}],
  ])("with %s is a refusal, never an exception", (_what, data) => {
    expect(parseCertificate(secret("a/bad", data), "x").ok).toBe(false);
  });

  test("is parsed once for equal content, whatever object carries it", () => {
    const cache = new CertificateCache();
    const first = cache.parse(secret("a/shop", SHOP), "a", "shop");
    const again = cache.parse(secret("a/shop", SHOP), "a", "shop");
    expect(again).toBe(first);
    expect(cache.parse(secret("a/shop", readCertificateFixture("wild")), "a", "shop")).not.toBe(first);
  });

  test("tells chain and key apart in its fingerprint", () => {
    const left = {
      ...secret("a/x", {}),
      data: new Map([
        ["tls.crt", sealSecret("ab")],
        ["tls.key", sealSecret("c")],
      ]),
    };
    const right = {
      ...secret("a/x", {}),
      data: new Map([
        ["tls.crt", sealSecret("a")],
        ["tls.key", sealSecret("bc")],
      ]),
    };
    expect(certificateFingerprint(left)).not.toBe(certificateFingerprint(right));
  });
});

test("no printed form of a model shows a private key, and the model can be cloned to another thread", () => {
  const claims = ingress("a/web", {
    rules: [rule("shop.example.com", ["/", "Prefix", "web:80"])],
    tls: [{ hosts: ["shop.example.com"], secretName: "shop" }],
  });
  const { model } = translateAll(DEFAULT_OPTIONS, new MemorySnapshot([claims, secret("a/shop", SHOP)]));
  const key = (SHOP["tls.key"] ?? "").split("\n")[1] ?? "missing";
  expect(model.certificates.size).toBe(1);
  for (const printed of [inspect(model, { depth: 20 }), JSON.stringify([...model.certificates])]) {
    expect(printed).not.toContain(key);
  }
  expect(structuredClone(model).certificates.get("a/shop")?.fingerprint).toBe(
    model.certificates.get("a/shop")?.fingerprint,
  );
});
