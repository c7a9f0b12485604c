import type { SecureContext } from "node:tls";
import { ok, type Result } from "../lib/result.ts";
import type { Secret } from "../lib/secret.ts";
import type { Certificate } from "../model/certificate.ts";
import { openSecureContext, type PemPair } from "./secure-context.ts";

/** The secret behind session tickets: replaced from time to time, for all contexts at once. */
export interface TicketSecret {
  readonly current: Secret;
}

/**
 * One certificate and, once it is asked for, its context: a context takes 0.4 ms and 40 KB, and most certificates of a big
 * cluster are not asked for in a given process. A first certificate is therefore taken on trust, while a replacement must prove
 * that it works before it takes over.
 */
export class CertificateSlot {
  readonly #tickets: TicketSecret;
  #certificate: Certificate | null = null;
  #pair: PemPair;
  #opened: Result<SecureContext> | null = null;
  #openedWith: Secret | null = null;

  constructor(pair: PemPair, tickets: TicketSecret) {
    this.#pair = pair;
    this.#tickets = tickets;
  }

  static of(certificate: Certificate, tickets: TicketSecret): CertificateSlot {
    const slot = new CertificateSlot(certificate, tickets);
    slot.#certificate = certificate;
    return slot;
  }

  /** The certificate in use; null for one that is not from the model. */
  get certificate(): Certificate | null {
    return this.#certificate;
  }

  /**
   * Its context, or why there is none. The answer is remembered until the tickets get another secret: a broken certificate
   * costs nothing per connection.
   */
  open(): Result<SecureContext> {
    const secret = this.#tickets.current;
    if (this.#opened !== null && this.#openedWith === secret) return this.#opened;
    this.#opened = openSecureContext(this.#pair, secret);
    this.#openedWith = secret;
    return this.#opened;
  }

  /** Takes over a newer certificate if it works; on an error the one from before stays. */
  replace(certificate: Certificate): Result<null> {
    if (certificate.fingerprint === this.#certificate?.fingerprint) return ok(null);
    const secret = this.#tickets.current;
    const opened = openSecureContext(certificate, secret);
    if (!opened.ok) return opened;
    this.#certificate = certificate;
    this.#pair = certificate;
    this.#opened = opened;
    this.#openedWith = secret;
    return ok(null);
  }
}
