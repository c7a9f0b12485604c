import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Problem } from "../../model/problem.ts";
import { type BackendRef, defaultBackendRef } from "./backend.ts";
import { checkBackend } from "./backend-problems.ts";
import { errorAt } from "./problem-at.ts";
import type { TrackedReader } from "./tracked-reader.ts";

/**
 * The backend of `--default-backend-service`: the first port of that Service. Null, and so the built-in 404, where the flag is not
 * given or the Service cannot be used.
 */
export function translateDefaultBackend(
  reader: TrackedReader,
  service: ObjectKey | null,
): { readonly backend: BackendRef | null; readonly problems: readonly Problem[] } {
  const backend = service === null ? null : defaultBackendRef(service);
  if (backend === null) return { backend: null, problems: [] };
  const source = { kind: "Service", namespace: backend.namespace, name: backend.name };
  const place = { source, field: "", value: "" };
  const cost = "as --default-backend-service it is replaced by the built-in 404";
  const problems = checkBackend(reader, backend, { place, portField: "", serviceUpstream: false, cost });
  return problems.length === 0 ? { backend, problems } : { backend: null, problems };
}

/** The certificate of `--default-ssl-certificate`; null, and so the self-signed one, where there is none that can be used. */
export function translateDefaultCertificate(
  reader: TrackedReader,
  secret: ObjectKey | null,
): { readonly certificate: string | null; readonly problems: readonly Problem[] } {
  if (secret === null) return { certificate: null, problems: [] };
  const [namespace = "", name = ""] = secret.split("/");
  const parsed = reader.certificate(namespace, name);
  if (parsed.ok) return { certificate: parsed.value.id, problems: [] };
  const place = { source: { kind: "Secret", namespace, name }, field: "", value: "" };
  const message = `the Secret of --default-ssl-certificate cannot be used: ${parsed.error}; a self-signed certificate serves instead`;
  return { certificate: null, problems: [errorAt(place, "CertificateUnusable", "ignored", message)] };
}
