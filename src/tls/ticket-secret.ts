import { createSecretKey, randomBytes } from "node:crypto";
import type { Secret } from "../lib/secret.ts";

/** A new secret that the keys of session tickets are made of. Replacing it makes every ticket so far worthless. */
export function createTicketSecret(): Secret {
  return createSecretKey(randomBytes(32));
}
