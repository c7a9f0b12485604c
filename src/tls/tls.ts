/** TLS of the client side: which certificate for which name, with one policy for every host. */
import type * as issuer from "./self-signed.ts";

export { CertificateIndex } from "./certificate-index.ts";
export { readClientHello, type ClientHello } from "./client-hello.ts";
export type { DevCa, DevCaKeys } from "./self-signed.ts";
export { createTicketSecret } from "./ticket-secret.ts";
export type { PemPair } from "./secure-context.ts";

/** What makes certificates: loaded where one is made, because what it is built on is large, and a worker of a cluster makes none. */
export function loadIssuer(): Promise<typeof issuer> {
  return import("./self-signed.ts");
}
