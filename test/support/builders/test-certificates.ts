import { createHash } from "node:crypto";
import { deltaOf, onlyOne } from "../../../src/model/delta.ts";
import { revealSecret, sealSecret } from "../../../src/lib/secret.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Certificate } from "../../../src/model/certificate.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { ModelDelta } from "../../../src/model/model.ts";
import type { VirtualHost } from "../../../src/model/virtual-host.ts";
import { createDevCa, type DevCa } from "../../../src/tls/self-signed.ts";
import type { PemPair } from "../../../src/tls/tls.ts";

let ca: DevCa | null = null;
const issued = new Map<string, PemPair>();

/** One authority for a test file, and one certificate a name: making them takes a while. */
export function testCa(): DevCa {
  const authority = (ca ??= createDevCa(systemClock));
  return {
    certPem: authority.certPem,
    keys: authority.keys,
    issue: (host) => {
      const pair = issued.get(host) ?? authority.issue(host);
      issued.set(host, pair);
      return pair;
    },
  };
}

/** An EC certificate for `ec.test`, for a hundred years. */
export const EC_PAIR: PemPair = {
  certPem: `-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUFaGgqCp+OZOY5zfHXmWZu6caxlwwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZWMudGVzdDAgFw0yNjExMjExMTQ0MDNaGA8yMTI2MTAyODEx
NDQwM1owEjEQMA4GA1UEAwwHZWMudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABPd0uq3qEO8UdBO89FuDHOn82HKjhOBd5AUYQFSWRT6gz3jqqPYSLIAnVKaD
w7KYnlLJvB21Br84j96PBHGgx5CjZzBlMB0GA1UdDgQWBBSzhlszGhqXl7R1nnG9
MZPVqIAkIzAfBgNVHSMEGDAWgBSzhlszGhqXl7R1nnG9MZPVqIAkIzAPBgNVHRMB
Af8EBTADAQH/MBIGA1UdEQQLMAmCB2VjLnRlc3QwCgYIKoZIzj0EAwIDSAAwRQIh
APoSo2X3RuGTAanNYKkmtUgtI6JLMnt+m5ZwEG3JkwO5AiA+lE9+tV+qKAu5jUAu
8wGpwUtDTvYFdEMh+KuSMriXpA==
-----END CERTIFICATE-----
`,
  // A key for tests, made for this file.
  keyPem: sealSecret(`-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgg5UdnXpwHntSrrhP
3NHFYMrTks2WTuxOZxVaA8yj8PWhRANCAAT3dLqt6hDvFHQTvPRbgxzp/Nhyo4Tg
XeQFGEBUlkU+oM946qj2EiyAJ1Smg8OymJ5SybwdtQa/OI/ejwRxoMeQ
-----END PRIVATE KEY-----
`),
};

/** A model certificate around a pair. */
export function certificate(id: string, pair: PemPair, changes: Partial<Certificate> = {}): Certificate {
  const [namespace = "", name = ""] = id.split("/");
  return {
    id,
    certPem: pair.certPem,
    keyPem: pair.keyPem,
    fingerprint: createHash("sha256").update(pair.certPem).update(revealSecret(pair.keyPem)).digest("hex"),
    names: [],
    notAfterMs: Date.now() + 86_400_000,
    source: { kind: "Secret", namespace, name },
    ...changes,
  };
}

/** A virtual host of which only its name and certificate matter. */
function hostWithCertificate(id: string, certificateId: string | null): VirtualHost {
  return { id, regexMode: false, routes: [], certificate: certificateId, filters: {} };
}

/** A change of certificates and hosts. */
export function certificateDelta(
  certificates: readonly (Certificate | readonly [id: string, removed: null])[],
  hosts: Readonly<Record<string, string | null>> = {},
  defaultCertificate?: string | null,
): ModelDelta {
  return deltaOf({
    virtualHosts: new Map(Object.entries(hosts).map(([id, name]) => [id, hostWithCertificate(id, name)])),
    certificates: new Map(certificates.map((one) => ("id" in one ? [one.id, one] : [one[0], null]))),
    settings: onlyOne(DEFAULT_SETTINGS),
    ...(defaultCertificate === undefined ? {} : { defaultCertificate: onlyOne(defaultCertificate) }),
  });
}
