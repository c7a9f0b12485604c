import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Secret } from "../../kubernetes/objects.ts";
import { keyOf } from "../../kubernetes/object-key.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { revealSecret } from "../../lib/secret.ts";
import type { Certificate } from "../../model/certificate.ts";

const PEM_BLOCK = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
/**
 * One entry of Node's text form of the alternative names. Names with odd characters come as a JSON string; it is consumed whole, so
 * that nothing inside it looks like an entry, and its quotes keep it from equalling any host.
 */
const ALTERNATIVE = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;
/** A serving chain longer than this is a trust bundle put in the wrong place. */
const CHAIN_LIMIT = 20;

/** SHA-256 over chain and key of a Secret, hex; equal fingerprints parse equally. */
export function certificateFingerprint(secret: Secret): string {
  const hash = createHash("sha256");
  for (const name of ["tls.crt", "tls.key"]) {
    const sealed = secret.data.get(name);
    const text = sealed === undefined ? "" : revealSecret(sealed);
    hash.update(`${text.length}:`).update(text);
  }
  return hash.digest("hex");
}

/**
 * The serving certificate of a Secret: every certificate of the chain parses, and the key belongs to the leaf. Any Secret type will
 * do, as in ingress-nginx. Whether it has expired is not judged here: an expired certificate is still served.
 */
export function parseCertificate(secret: Secret, fingerprint: string): Result<Certificate> {
  const chain = secret.data.get("tls.crt");
  const key = secret.data.get("tls.key");
  if (chain === undefined || key === undefined) {
    const missing = chain === undefined ? "tls.crt" : "tls.key";
    return err(`the Secret has no ${missing}${secret.data.has("ca.crt") ? ", only a CA certificate" : ""}`);
  }
  const certPem = revealSecret(chain);
  const leaf = parseChain(certPem);
  if (!leaf.ok) return leaf;
  const privateKey = parseKey(revealSecret(key));
  if (privateKey === null) return err("tls.key is not an unencrypted private key in PEM");
  if (!leaf.value.checkPrivateKey(privateKey))
    return err("tls.key does not belong to the first certificate of tls.crt");
  return ok({
    id: keyOf(secret),
    certPem,
    keyPem: key,
    fingerprint,
    names: namesOf(leaf.value),
    notAfterMs: Date.parse(leaf.value.validTo),
    source: { kind: "Secret", namespace: secret.meta.namespace, name: secret.meta.name },
  });
}

/** True when a certificate with these names serves the host. A wildcard name covers exactly one label (RFC 6125 §6.4.3). */
export function coversHost(names: readonly string[], host: string): boolean {
  const dot = host.indexOf(".");
  const wildcard = dot === -1 ? "" : `*${host.slice(dot)}`;
  return names.includes(host) || (wildcard !== "" && names.includes(wildcard));
}

function parseChain(pem: string): Result<X509Certificate> {
  const blocks = pem.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) return err("tls.crt holds no certificate in PEM");
  if (blocks.length > CHAIN_LIMIT) return err(`tls.crt holds more than ${CHAIN_LIMIT} certificates`);
  const parsed = blocks.map(parseBlock);
  const broken = parsed.indexOf(null);
  if (broken !== -1) return err(`certificate ${broken + 1} of tls.crt cannot be parsed`);
  const [leaf] = parsed;
  return leaf === null || leaf === undefined ? err("tls.crt holds no certificate in PEM") : ok(leaf);
}

function parseBlock(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function parseKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

function namesOf(leaf: X509Certificate): readonly string[] {
  const alternatives = (leaf.subjectAltName ?? "").matchAll(ALTERNATIVE);
  const names = [...alternatives].flatMap(([, type, value = ""]) => (type === "DNS" ? value.toLowerCase() : []));
  if (names.length > 0) return [...new Set(names)];
  const commonName = leaf.subject?.match(/^CN=(.+)$/m)?.[1];
  return commonName === undefined ? [] : [commonName.toLowerCase()];
}
