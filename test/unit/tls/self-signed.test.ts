import { createPrivateKey, X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/lib/clock.ts";
import { revealSecret } from "../../../src/lib/secret.ts";
import { createDevCa, createSelfSigned } from "../../../src/tls/self-signed.ts";

const CLOCK = { nowMs: () => Date.UTC(2030, 0, 1), monotonicMs: () => 0 };

test("the self-signed certificate is the one ingress-nginx makes", () => {
  const pair = createSelfSigned(CLOCK);
  const certificate = new X509Certificate(pair.certPem);
  expect(certificate.subject).toBe("O=Acme Co\nCN=Kubernetes Ingress Controller Fake Certificate");
  expect(certificate.issuer).toBe(certificate.subject);
  expect(certificate.subjectAltName).toBe("DNS:ingress.local");
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(certificate.ca).toBe(false);
  expect(Date.parse(certificate.validTo) - CLOCK.nowMs()).toBe(365 * 86_400_000);
  expect(Date.parse(certificate.validFrom)).toBeLessThanOrEqual(CLOCK.nowMs());
  expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(certificate.checkPrivateKey(createPrivateKey(revealSecret(pair.keyPem)))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
});

test("two self-signed certificates have keys and numbers of their own", () => {
  const [first, second] = [createSelfSigned(CLOCK), createSelfSigned(CLOCK)].map((p) => new X509Certificate(p.certPem));
  expect(first?.serialNumber).not.toBe(second?.serialNumber);
  expect(first?.publicKey.equals(second?.publicKey ?? createPrivateKey(""))).toBe(false);
});

test.each(["shop.localhost", "*.shop.localhost", `${"a".repeat(63)}.${"b".repeat(63)}.localhost`])(
  "the development authority issues for %s",
  (host) => {
    const ca = createDevCa(systemClock);
    const pair = ca.issue(host);
    const leaf = new X509Certificate(pair.certPem);
    const authority = new X509Certificate(ca.certPem);
    expect(leaf.subjectAltName).toBe(`DNS:${host}`);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(revealSecret(pair.keyPem)))).toBe(true);
    expect(authority.ca).toBe(true);
    expect(pair.certPem.endsWith(ca.certPem)).toBe(true);
  },
);

test("no private key shows in a printed pair", () => {
  const pair = createSelfSigned(CLOCK);
  expect(JSON.stringify(pair)).not.toContain("PRIVATE");
  expect(inspect(pair)).not.toContain("PRIVATE");
});
