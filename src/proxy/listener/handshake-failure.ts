import type { CertificateIndex } from "../../tls/tls.ts";
import type { TurnedAway } from "../../wire/wire.ts";

/** OpenSSL's reasons that say more than that something failed. */
const CODES: ReadonlyMap<string, string> = new Map([
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "tls-version"],
  ["ERR_SSL_UNKNOWN_PROTOCOL", "tls-version"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "tls-version"],
  ["ERR_SSL_VERSION_TOO_LOW", "tls-version"],
  ["ERR_SSL_NO_SHARED_CIPHER", "tls-no-cipher"],
  ["ERR_SSL_NO_APPLICATION_PROTOCOL", "tls-no-protocol"],
  ["ECONNRESET", "tls-client-closed"],
  ["EPIPE", "tls-client-closed"],
]);

const ALERT = /_ALERT_(.+)/;

/** Why a handshake came to nothing. `code`: of the error; undefined where the client just closed. */
export function describeHandshake(
  code: string | undefined,
  serverName: string,
  certificates: CertificateIndex,
): TurnedAway {
  const alert = code === undefined ? null : ALERT.exec(code);
  if (alert !== null) {
    const words = (alert[1] ?? "").toLowerCase().replaceAll("_", " ");
    return { code: "tls-client-alert", detail: joined(words, certificates.shownFor(serverName)), serverName };
  }
  const known = code === undefined ? "tls-client-closed" : CODES.get(code);
  if (known === "tls-client-closed") return { code: known, detail: certificates.shownFor(serverName), serverName };
  return { code: known ?? "tls-failed", detail: known === undefined ? (code ?? "") : "", serverName };
}

function joined(...clauses: readonly string[]): string {
  return clauses.filter((clause) => clause !== "").join("; ");
}
