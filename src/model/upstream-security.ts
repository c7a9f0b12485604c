import type { Secret } from "../lib/secret.ts";

/** How TLS with endpoints is made sure of. Backends refer to it, and no connection made under one is used under another. */
export interface UpstreamSecurity {
  readonly id: string;
  /** False: any certificate will do. */
  readonly verify: boolean;
  /** PEM of the authorities that are trusted; null: those that every program trusts. */
  readonly trustPem: string | null;
  /** Sent as the name of the server; null: none is sent, and the certificate must be of the endpoint's address. */
  readonly serverName: string | null;
  /** Of which the certificate must have one; empty: it must be of `serverName`. */
  readonly identities: readonly CertificateIdentity[];
  /** Shown to endpoints that ask for one; null: none is. */
  readonly clientCertificate: { readonly certPem: string; readonly keyPem: Secret } | null;
}

/** A subject alternative name: a DNS name, also as `*.example.com`, or a URI such as a SPIFFE id. */
interface CertificateIdentity {
  readonly kind: "dns" | "uri";
  readonly value: string;
}
