import { sealSecret } from "../../../src/lib/secret.ts";
import type { UpstreamSecurity } from "../../../src/model/upstream-security.ts";
import type { PemPair } from "../../../src/tls/tls.ts";

/** Verifies, and trusts what every program trusts. */
export function buildSecurity(id: string, parts: Partial<UpstreamSecurity> = {}): UpstreamSecurity {
  return { id, verify: true, trustPem: null, serverName: null, identities: [], clientCertificate: null, ...parts };
}

/** The URI in the certificate below. */
export const WEB_URI = "spiffe://cluster.test/ns/shop/sa/web";

/** A certificate for `uri.test` and `WEB_URI` that is its own authority, for a hundred years. */
export const URI_PAIR: PemPair = {
  certPem: `-----BEGIN CERTIFICATE-----
MIIBuTCCAWCgAwIBAgIUM48D2zNVFY/FN80x4B951bdYhuwwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIdXJpLnRlc3QwIBcNMjYxMTI4MjE1ODI2WhgPMjEyNjExMDQy
MTU4MjZaMBMxETAPBgNVBAMMCHVyaS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE5e1mndvvVV5+BorpOOHSOvxeol0PPVXm6FxXW2naxzKjMWuH6HESaMtb
SZrb4EHoseAu5b1usD7NnQ4Z1+j/iKOBjzCBjDAdBgNVHQ4EFgQU5mpCxXOnii6B
L0oiy3NHUWZU+hgwHwYDVR0jBBgwFoAU5mpCxXOnii6BL0oiy3NHUWZU+hgwDwYD
VR0TAQH/BAUwAwEB/zA5BgNVHREEMjAwggh1cmkudGVzdIYkc3BpZmZlOi8vY2x1
c3Rlci50ZXN0L25zL3Nob3Avc2Evd2ViMAoGCCqGSM49BAMCA0cAMEQCID5xn8vZ
9BYK2CzfwakCRxbayOHTHk9Lp/S9HIlCqEQ0AiAktBho87O7rF6+2XuKcW6rVzUP
mOJMl32ICeqKZXTbpw==
-----END CERTIFICATE-----
`,
  // A key for tests, made for this file.
  keyPem: sealSecret(`-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/Vq6vnW16UjX5ijv
nZWYQaLTOAOWt3SdwW4i8wiqZHehRANCAATl7Wad2+9VXn4Giuk44dI6/F6iXQ89
VeboXFdbadrHMqMxa4focRJoy1tJmtvgQeix4C7lvW6wPs2dDhnX6P+I
-----END PRIVATE KEY-----
`),
};
