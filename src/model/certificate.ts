import type { Secret } from "../lib/secret.ts";
import type { SourceRef } from "./source.ts";

/** A serving certificate taken from a Secret. */
export interface Certificate {
  /** `<namespace>/<secret>`. */
  readonly id: string;
  /** PEM chain, leaf first. */
  readonly certPem: string;
  readonly keyPem: Secret;
  /** SHA-256 of chain and key, hex: equal fingerprints are the same certificate. */
  readonly fingerprint: string;
  /** DNS names of the leaf (subject alternative names; the common name only where there are none). */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notAfterMs: number;
  readonly source: SourceRef;
}
