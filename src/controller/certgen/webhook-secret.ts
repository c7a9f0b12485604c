import { isIP } from "node:net";
import { X509Certificate } from "node:crypto";
import { isRecord } from "../../kubernetes/parse-fields.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { revealSecret, type Secret } from "../../lib/secret.ts";
import { type ApiClient, type ApiFailure, formatFailure, isStatus } from "../api-source/api-client.ts";

/** Where a webhook's certificate is kept. */
export interface WebhookSecret {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  /** Names of the entries. */
  readonly entries: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** What goes into the Secret, as PEM. */
interface WebhookCertificate {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: Secret;
}

export interface NewSecret {
  /** Names and addresses that the certificate must cover. */
  readonly hosts: readonly string[];
  readonly nowMs: number;
  /** Called only when one is needed. */
  certificate(): WebhookCertificate;
}

/** `kept`: the Secret was there; `warning` says what is wrong with its certificate. */
export type SecretOutcome = { readonly kind: "created" } | { readonly kind: "kept"; readonly warning: string | null };

/**
 * Creates the Secret unless it is there: a certificate in use is never replaced. Needs `get` on this one Secret and `create`. Of two
 * that create at the same time one wins, and the other keeps what it wrote. Never rejects.
 */
export async function ensureWebhookSecret(
  client: ApiClient,
  secret: WebhookSecret,
  make: NewSecret,
  signal: AbortSignal,
): Promise<Result<SecretOutcome>> {
  const collection = collectionOf(secret.namespace);
  const found = await client.getJson(pathOf(secret), signal);
  if (found.ok) return ok({ kind: "kept", warning: whatIsWrong(found.value, secret, make) });
  if (!isStatus(found.error, 404)) return failed("read", secret, found.error);
  const body = secretObject(secret, make.certificate());
  const created = await client.write({ verb: "create", path: collection, body }, signal);
  if (created.ok) return ok({ kind: "created" });
  return isStatus(created.error, 409) ? ok({ kind: "kept", warning: null }) : failed("create", secret, created.error);
}

/** The authority's certificate out of the Secret, as PEM. Never rejects. */
export async function readWebhookCa(
  client: ApiClient,
  secret: WebhookSecret,
  signal: AbortSignal,
): Promise<Result<string>> {
  const found = await client.getJson(pathOf(secret), signal);
  if (!found.ok) return failed("read", secret, found.error);
  const pem = entryOf(found.value, secret.entries.ca);
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return ok(pem);
  return err(
    `Secret ${secret.namespace}/${secret.name} has no certificate in data[${secret.entries.ca}]; delete it and run certgen create again`,
  );
}

function whatIsWrong(json: unknown, { entries, ...secret }: WebhookSecret, { hosts, nowMs }: NewSecret): string | null {
  const wayOut = `delete Secret ${secret.namespace}/${secret.name} to have a new one made`;
  const missing = Object.values(entries).filter((name) => entryOf(json, name) === "");
  if (missing.length > 0) return `it has no ${missing.join(", ")}; ${wayOut}`;
  const leaf = parseCertificate(entryOf(json, entries.cert));
  if (leaf === null) return `${entries.cert} holds no certificate; ${wayOut}`;
  if (Date.parse(leaf.validTo) < nowMs) return `its certificate expired on ${leaf.validTo}; ${wayOut}`;
  const uncovered = hosts.filter((host) => !covers(leaf, host));
  return uncovered.length === 0 ? null : `its certificate does not cover ${uncovered.join(", ")}; ${wayOut}`;
}

function covers(leaf: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined;
}

function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function entryOf(json: unknown, name: string): string {
  const data = isRecord(json) ? json["data"] : null;
  const encoded = isRecord(data) ? data[name] : null;
  return typeof encoded === "string" ? Buffer.from(encoded, "base64").toString("utf8") : "";
}

function secretObject(secret: WebhookSecret, { caPem, certPem, keyPem }: WebhookCertificate): unknown {
  const { entries, namespace, name, type } = secret;
  const data = {
    [entries.ca]: toBase64(caPem),
    [entries.cert]: toBase64(certPem),
    [entries.key]: toBase64(revealSecret(keyPem)),
  };
  return { apiVersion: "v1", kind: "Secret", metadata: { namespace, name }, type, data };
}

function toBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

function collectionOf(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
}

function pathOf({ namespace, name }: WebhookSecret): string {
  return `${collectionOf(namespace)}/${encodeURIComponent(name)}`;
}

function failed(verb: string, { namespace, name }: WebhookSecret, failure: ApiFailure): Result<never> {
  return err(`cannot ${verb} Secret ${namespace}/${name}: ${formatFailure(failure)}`);
}
