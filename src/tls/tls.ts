/** TLS of the client side: which certificate for which name, with one policy for every host. */
export { CertificateIndex } from "./certificate-index.ts";
export { readClientHello, type ClientHello } from "./client-hello.ts";
export {
  createDevCa,
  createSelfSigned,
  createServingCertificate,
  type DevCa,
  type DevCaKeys,
  openDevCa,
} from "./self-signed.ts";
export { createTicketSecret } from "./ticket-secret.ts";
export type { PemPair } from "./secure-context.ts";
