import type { Secret } from "../../kubernetes/objects.ts";
import { keyOf, type ObjectKey } from "../../kubernetes/object-key.ts";
import { err, type Result } from "../../lib/result.ts";
import type { Certificate } from "../../model/certificate.ts";
import { certificateFingerprint, parseCertificate } from "./certificate.ts";

interface Entry {
  readonly secret: Secret;
  readonly fingerprint: string;
  readonly parsed: Result<Certificate>;
}

/** Parsing a chain costs a good part of a millisecond and many hosts share one: the last result for each Secret is kept. */
export class CertificateCache {
  readonly #entries = new Map<ObjectKey, Entry>();

  parse(secret: Secret | undefined, namespace: string, name: string): Result<Certificate> {
    if (secret === undefined) return err(`Secret ${namespace}/${name} does not exist`);
    const key = keyOf(secret);
    const last = this.#entries.get(key);
    if (last?.secret === secret) return last.parsed;
    const fingerprint = certificateFingerprint(secret);
    const parsed = last?.fingerprint === fingerprint ? last.parsed : parseCertificate(secret, fingerprint);
    this.#entries.set(key, { secret, fingerprint, parsed });
    return parsed;
  }

  forget(key: ObjectKey): void {
    this.#entries.delete(key);
  }
}
