import { createSecretKey, KeyObject } from "node:crypto";

/**
 * Secret text (a private key, a password hash) as an opaque key object: structured-cloneable to a worker thread, while
 * `JSON.stringify` gives `{}` and `util.inspect` shows no bytes. Only `revealSecret` gives the text back.
 */
export type Secret = KeyObject;

export function sealSecret(text: string): Secret {
  return createSecretKey(Buffer.from(text, "utf8"));
}

export function revealSecret(secret: Secret): string {
  return secret.export().toString("utf8");
}

export function isSecret(value: unknown): value is Secret {
  return value instanceof KeyObject;
}
