import { X509Certificate } from "node:crypto";
import type { Certificate } from "../../model/certificate.ts";

/** The labels of `ssl_certificate_info` for one certificate. */
export interface CertificateFacts {
  readonly issuerOrganization: string;
  readonly issuerCommonName: string;
  /** Decimal. */
  readonly serialNumber: string;
  /** As Go names it: `RSA`, `ECDSA`, `Ed25519`. */
  readonly publicKeyAlgorithm: string;
}

const KEY_NAMES: ReadonlyMap<string, string> = new Map([
  ["rsa", "RSA"],
  ["rsa-pss", "RSA"],
  ["ec", "ECDSA"],
  ["ed25519", "Ed25519"],
  ["dsa", "DSA"],
]);

const known = new WeakMap<Certificate, CertificateFacts>();

/** Parsed once a certificate, when it is first asked for. */
export function factsOf(certificate: Certificate): CertificateFacts {
  const before = known.get(certificate);
  if (before !== undefined) return before;
  const facts = readFacts(certificate.certPem);
  known.set(certificate, facts);
  return facts;
}

/** Translation has parsed it before; whatever is wrong all the same, a scrape must not fail by it. */
function readFacts(certPem: string): CertificateFacts {
  try {
    return describe(new X509Certificate(certPem));
  } catch {
    return { issuerOrganization: "", issuerCommonName: "", serialNumber: "", publicKeyAlgorithm: "unknown" };
  }
}

function describe({ issuer, serialNumber, publicKey }: X509Certificate): CertificateFacts {
  return {
    issuerOrganization: part(issuer, "O"),
    issuerCommonName: part(issuer, "CN"),
    serialNumber: BigInt(`0x${serialNumber}`).toString(),
    publicKeyAlgorithm: KEY_NAMES.get(publicKey.asymmetricKeyType ?? "") ?? "unknown",
  };
}

/** Node writes a name as one `KEY=value` a line. */
function part(name: string | undefined, key: string): string {
  const line = (name ?? "").split("\n").find((one) => one.startsWith(`${key}=`));
  return line === undefined ? "" : line.slice(key.length + 1);
}
