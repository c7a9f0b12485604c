import { isIP } from "node:net";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import forge from "node-forge";
import type { Clock } from "../lib/clock.ts";
import { revealSecret, sealSecret, type Secret } from "../lib/secret.ts";
import type { PemPair } from "./secure-context.ts";

/** What a development authority is made of: plain data that another thread can open it from. */
export interface DevCaKeys {
  readonly certPem: string;
  readonly keyPem: Secret;
  /** One key for all leaves: making keys is the slow part, and only this machine trusts them. */
  readonly leafKeyPem: Secret;
}

/** A certificate authority of the moment, for local development. Its key lives in this process and nowhere else. */
export interface DevCa {
  /** Trust it to have no warning. */
  readonly certPem: string;
  readonly keys: DevCaKeys;
  /** A certificate for one host name; `*.x` is fine. Chain: leaf and authority. Takes some 40 ms. */
  issue(host: string): PemPair;
}

const DAY_MS = 86_400_000;

/**
 * The certificate of hosts without one of their own, as ingress-nginx makes it: RSA 2048, 365 days, issued by itself to
 * `Kubernetes Ingress Controller Fake Certificate` of `Acme Co`, for `ingress.local`. Takes some 150 ms.
 */
export function createSelfSigned(clock: Clock): PemPair {
  const keys = generateKeys();
  const subject = nameOf("Kubernetes Ingress Controller Fake Certificate", "Acme Co");
  const extensions = [...LEAF_EXTENSIONS, namesExtension("ingress.local")];
  const certificate = draft({ keys, subject, issuer: subject, days: 365, extensions }, clock);
  return { certPem: signed(certificate, keys), keyPem: sealSecret(keys.privatePem) };
}

/** Makes a new authority: keys and certificate, valid for ten years. */
export function createDevCa(clock: Clock): DevCa {
  const keys = generateKeys();
  const subject = nameOf(`Headgate development CA ${randomBytes(3).toString("hex")}`, "Headgate");
  const certPem = signed(draft({ keys, subject, issuer: subject, days: 3650, extensions: CA_EXTENSIONS }, clock), keys);
  const keyPem = sealSecret(keys.privatePem);
  return openDevCa({ certPem, keyPem, leafKeyPem: sealSecret(generateKeys().privatePem) }, clock);
}

/** The authority that `createDevCa` made, perhaps in another thread. */
export function openDevCa(caKeys: DevCaKeys, clock: Clock): DevCa {
  const { certPem, leafKeyPem: keyPem } = caKeys;
  const keys = keysFromPem(revealSecret(caKeys.keyPem));
  const leafKeys = keysFromPem(revealSecret(keyPem));
  const subject = forge.pki.certificateFromPem(certPem).subject.attributes;
  return {
    certPem,
    keys: caKeys,
    issue: (host) => {
      const parts = {
        keys: leafKeys,
        subject: nameOf(host.slice(0, 64), "Headgate"),
        issuer: subject,
        // Browsers refuse leaves that are valid for longer.
        days: 397,
        extensions: [...LEAF_EXTENSIONS, namesExtension(host)],
      };
      return { certPem: signed(draft(parts, clock), keys) + certPem, keyPem };
    },
  };
}

/** A serving certificate with the authority that vouches for it; the authority's key is gone. */
export interface ServingCertificate extends PemPair {
  readonly caPem: string;
}

/**
 * For a server inside the cluster whose certificate is never renewed: valid for a hundred years, as those of kube-webhook-certgen, for exactly these
 * host names and addresses. Takes some 200 ms.
 */
export function createServingCertificate(hosts: readonly string[], clock: Clock): ServingCertificate {
  const authority = generateKeys();
  const issuer = nameOf("Headgate admission CA", "Headgate");
  const days = 36_500;
  const caPem = signed(
    draft({ keys: authority, subject: issuer, issuer, days, extensions: CA_EXTENSIONS }, clock),
    authority,
  );
  const keys = generateKeys();
  const extensions = [...LEAF_EXTENSIONS, namesExtension(...hosts)];
  const leaf = draft(
    { keys, subject: nameOf((hosts[0] ?? "").slice(0, 64), "Headgate"), issuer, days, extensions },
    clock,
  );
  return { caPem, certPem: signed(leaf, authority), keyPem: sealSecret(keys.privatePem) };
}

interface Keys {
  readonly publicKey: forge.pki.rsa.PublicKey;
  readonly privateKey: forge.pki.rsa.PrivateKey;
  readonly privatePem: string;
}

interface Draft {
  readonly keys: Keys;
  readonly subject: forge.pki.CertificateField[];
  readonly issuer: forge.pki.CertificateField[];
  readonly days: number;
  readonly extensions: readonly object[];
}

const LEAF_EXTENSIONS: readonly object[] = [
  { name: "basicConstraints", cA: false, critical: true },
  { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
  { name: "extKeyUsage", serverAuth: true },
];

const CA_EXTENSIONS: readonly object[] = [
  { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
  { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
];

const DNS_NAME = 2;
const IP_ADDRESS = 7;

function namesExtension(...hosts: readonly string[]): object {
  const altNames = hosts.map((host) =>
    isIP(host) === 0 ? { type: DNS_NAME, value: host } : { type: IP_ADDRESS, ip: host },
  );
  return { name: "subjectAltName", altNames };
}

function nameOf(commonName: string, organization: string): forge.pki.CertificateField[] {
  return [
    { name: "organizationName", value: organization },
    { name: "commonName", value: commonName },
  ];
}

/** node:crypto makes a key in 60 ms, node-forge in seconds. */
function generateKeys(): Keys {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return keysFromPem(pair.privateKey);
}

function keysFromPem(privatePem: string): Keys {
  const privateKey = forge.pki.privateKeyFromPem(privatePem);
  return { publicKey: forge.pki.setRsaPublicKey(privateKey.n, privateKey.e), privateKey, privatePem };
}

function draft(parts: Draft, clock: Clock): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = parts.keys.publicKey;
  // Positive, as RFC 5280 §4.1.2.2 wants it.
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  // An hour back, for clients whose clock is a little behind.
  certificate.validity.notBefore = new Date(clock.nowMs() - 3_600_000);
  certificate.validity.notAfter = new Date(clock.nowMs() + parts.days * DAY_MS);
  certificate.setSubject(parts.subject);
  certificate.setIssuer(parts.issuer);
  certificate.setExtensions([...parts.extensions]);
  return certificate;
}

function signed(certificate: forge.pki.Certificate, issuer: Keys): string {
  certificate.sign(issuer.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}
