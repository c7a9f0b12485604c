import { isIP } from "node:net";
import {
  checkServerIdentity,
  type ConnectionOptions,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
} from "node:tls";
import { revealSecret } from "../../lib/secret.ts";
import type { CertificateIdentity, EndpointTls } from "../seam/client.ts";

const contexts = new WeakMap<EndpointTls, SecureContext>();

/** Why no connection can be made like that, since its authorities or its certificate cannot be read; null where one can. */
export function checkEndpointTls(tls: EndpointTls): string | null {
  try {
    contextOf(tls);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Throws for what `checkEndpointTls` has a reason against. An address is no server name (RFC 6066 §3). */
export function tlsOptions(tls: EndpointTls): ConnectionOptions {
  const { serverName, verify, identities = [] } = tls;
  return {
    secureContext: contextOf(tls),
    rejectUnauthorized: verify,
    ...(serverName !== null && isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(identities.length === 0
      ? {}
      : { checkServerIdentity: (_name, certificate) => refuse(certificate, identities) }),
  };
}

/** Made once: to read authorities for each connection would cost more than the connection. */
function contextOf(tls: EndpointTls): SecureContext {
  const known = contexts.get(tls);
  if (known !== undefined) return known;
  const { trustPem = null, clientCertificate = null } = tls;
  const context = createSecureContext({
    minVersion: "TLSv1.2",
    ...(trustPem === null ? {} : { ca: trustPem }),
    ...(clientCertificate === null
      ? {}
      : { cert: clientCertificate.certPem, key: revealSecret(clientCertificate.keyPem) }),
  });
  contexts.set(tls, context);
  return context;
}

function refuse(certificate: PeerCertificate, identities: readonly CertificateIdentity[]): Error | undefined {
  const uris = uriNames(certificate.subjectaltname ?? "");
  const fits = identities.some(({ kind, value }) =>
    kind === "uri" ? uris.includes(value) : checkServerIdentity(value, certificate) === undefined,
  );
  return fits ? undefined : new Error("the certificate has none of the names that are accepted");
}

/**
 * The URIs among the names that Node gives as one text, such as `DNS:a.test, URI:spiffe://b`. It quotes those that hold a comma or a quote,
 * which must be read from the start: a name may look like the end of one and the beginning of another.
 */
export function uriNames(names: string): readonly string[] {
  const uris: string[] = [];
  const entry = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;
  while (entry.lastIndex < names.length) {
    const found = entry.exec(names);
    // What cannot be read to its end names nobody.
    if (found === null) return [];
    const [, kind = "", value = ""] = found;
    // No URI needs quotes.
    if (kind === "URI" && !value.startsWith('"')) uris.push(value);
  }
  return uris;
}
