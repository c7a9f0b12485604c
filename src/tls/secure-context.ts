import { constants, createPrivateKey, hkdfSync, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { err, ok, type Result } from "../lib/result.ts";
import { revealSecret, type Secret } from "../lib/secret.ts";

/** A serving certificate: PEM chain, leaf first, and its private key. */
export interface PemPair {
  readonly certPem: string;
  readonly keyPem: Secret;
}

/**
 * One policy for every host: TLS 1.2 with forward-secret AEAD suites only, and TLS 1.3. No renegotiation, no compression.
 * Since the policy is the same everywhere, a client may use one connection for several hosts of one certificate.
 */
const POLICY: SecureContextOptions = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  honorCipherOrder: true,
  ciphers: [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ].join(":"),
  ecdhCurve: "X25519MLKEM768:X25519:prime256v1:secp384r1",
  secureOptions:
    constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
  sessionTimeout: 3600,
};

/**
 * A context that serves this certificate and no other. Every certificate gets its own context, and a connection starts with the
 * context of its host: OpenSSL cannot fall back to another certificate of another key type, and the session tickets of a
 * context resume nothing but connections to the same certificate: their keys are made of the secret `tickets` and of the
 * certificate. Contexts with the same secret, in whatever thread, resume each other's sessions.
 *
 * An error when chain or key cannot be read, or do not belong together; the text holds no secret. Expired certificates are
 * served: a client can decide about them, a proxy cannot.
 */
export function openSecureContext(pair: PemPair, tickets: Secret): Result<SecureContext> {
  const key = revealSecret(pair.keyPem);
  try {
    // OpenSSL takes a key of another type than the certificate's without a word, and then fails every handshake.
    const fits = new X509Certificate(pair.certPem).checkPrivateKey(createPrivateKey(key));
    return fits
      ? ok(createSecureContext({ ...POLICY, cert: pair.certPem, key, ticketKeys: ticketKeysFor(pair, tickets) }))
      : err("the key is of another certificate");
  } catch (error) {
    return err(error instanceof Error ? error.message : "the certificate or its key cannot be read");
  }
}

/** What OpenSSL takes: 16 bytes of name, 16 of HMAC key, 16 of AES key. */
const TICKET_KEYS_BYTES = 48;

function ticketKeysFor({ certPem }: PemPair, tickets: Secret): Buffer {
  return Buffer.from(hkdfSync("sha256", tickets, certPem, "headgate session tickets", TICKET_KEYS_BYTES));
}
