import type { SecureContext } from "node:tls";
import type { Clock } from "../lib/clock.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Certificate } from "../model/certificate.ts";
import { openSecureContext, type PemPair } from "./secure-context.ts";

/** A context is made anew after this time, and with it the keys of its session tickets. */
const CONTEXT_AGE_MS = 12 * 3_600_000;

/**
 * One certificate and, once it is asked for, its context: a context takes 0.4 ms and 40 KB, and most certificates of a big
 * cluster are not asked for in a given process. A first certificate is therefore taken on trust, while a replacement must prove
 * that it works before it takes over.
 */
export class CertificateSlot {
  readonly #clock: Clock;
  #certificate: Certificate | null = null;
  #pair: PemPair;
  #opened: Result<SecureContext> | null = null;
  #openedAtMs = 0;

  constructor(pair: PemPair, clock: Clock) {
    this.#pair = pair;
    this.#clock = clock;
  }

  static of(certificate: Certificate, clock: Clock): CertificateSlot {
    const slot = new CertificateSlot(certificate, clock);
    slot.#certificate = certificate;
    return slot;
  }

  /** The certificate in use; null for one that is not from the model. */
  get certificate(): Certificate | null {
    return this.#certificate;
  }

  /** Its context, or why there is none. The answer is remembered: a broken certificate costs nothing per connection. */
  open(): Result<SecureContext> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#opened !== null && nowMs - this.#openedAtMs < CONTEXT_AGE_MS) return this.#opened;
    this.#opened = openSecureContext(this.#pair);
    this.#openedAtMs = nowMs;
    return this.#opened;
  }

  /** Takes over a newer certificate if it works; on an error the one from before stays. */
  replace(certificate: Certificate): Result<null> {
    if (certificate.fingerprint === this.#certificate?.fingerprint) return ok(null);
    const opened = openSecureContext(certificate);
    if (!opened.ok) return opened;
    this.#certificate = certificate;
    this.#pair = certificate;
    this.#opened = opened;
    this.#openedAtMs = this.#clock.monotonicMs();
    return ok(null);
  }
}
