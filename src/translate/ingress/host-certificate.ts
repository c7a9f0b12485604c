import { objectKey } from "../../kubernetes/object-key.ts";
import type { IngressTls } from "../../kubernetes/objects.ts";
import { printable } from "../../lib/printable.ts";
import type { Problem } from "../../model/problem.ts";
import { formatSource } from "../../model/source.ts";
import { DEFAULT_HOST, type HostId } from "../../model/virtual-host.ts";
import { coversHost } from "../shared/certificate.ts";
import type { IngressReader } from "./ingress-reader.ts";
import type { IngressPlan } from "./plan.ts";
import { errorAt, type Place, warningAt } from "../shared/problem-at.ts";

/** The certificate of a host: `VirtualHost.certificate`, with what there is to say about the choice. */
export interface HostCertificate {
  readonly certificate: string | null;
  readonly problems: readonly Problem[];
}

const NONE: HostCertificate = { certificate: null, problems: [] };
/** The default certificate serves the host, which counts as having one: redirects to https happen. */
const DEFAULT = "default";
/** So many entries are searched for a certificate that covers a host which none of them lists: hosts times entries is work. */
const MAX_SEARCHED = 64;

/**
 * The first Ingress of the host with a TLS section decides, even if that leads to the default certificate; without one, the
 * certificate of the wildcard host above this host serves it too. The default server has none.
 */
export function chooseCertificate(reader: IngressReader, host: HostId): HostCertificate {
  if (host === DEFAULT_HOST) return NONE;
  const own = claimedCertificate(reader, host);
  if (own !== null) return own;
  const dot = host.indexOf(".");
  if (host.startsWith("*.") || dot === -1) return NONE;
  return { certificate: reader.wildcardCertificate(`*${host.slice(dot)}`), problems: [] };
}

/** What the Ingresses of a host say about its certificate; null when none of them has a TLS section. */
export function claimedCertificate(reader: IngressReader, host: HostId): HostCertificate | null {
  const claims = reader
    .claims(host)
    .filter((plan) => plan.policy.canary === null && !plan.refused && plan.ingress.spec.tls.length > 0);
  const [first, ...others] = claims;
  if (first === undefined) return null;
  const chosen = certificateOf(reader, host, first);
  const lost = others.flatMap((plan) => lostCertificate(host, plan, first));
  return { certificate: chosen.certificate, problems: [...chosen.problems, ...lost] };
}

/** The Secret of the entry that lists the host; else any Secret of the Ingress whose certificate covers it; else the default. */
function certificateOf(reader: IngressReader, host: HostId, plan: IngressPlan): HostCertificate {
  const listed = plan.tlsHosts.get(host);
  if (listed !== undefined) return listedCertificate(reader, host, plan, listed);
  for (const { secretName } of plan.ingress.spec.tls.slice(0, MAX_SEARCHED)) {
    const found = secretName === "" ? null : reader.certificate(plan.source.namespace, secretName);
    if (found?.ok && coversHost(found.value.names, host)) return { certificate: found.value.id, problems: [] };
  }
  const place = { source: plan.source, field: "spec.tls", value: host };
  const message = `no entry lists host ${host} and no certificate of this Ingress covers it; the default certificate serves it`;
  return { certificate: DEFAULT, problems: [warningAt(place, "HostWithoutCertificate", "none", message)] };
}

function listedCertificate(reader: IngressReader, host: HostId, plan: IngressPlan, position: number): HostCertificate {
  const entry = plan.ingress.spec.tls[position];
  const secretName = entry?.secretName ?? "";
  if (secretName === "") return { certificate: DEFAULT, problems: [] };
  const found = reader.certificate(plan.source.namespace, secretName);
  const place = {
    source: plan.source,
    field: `spec.tls[${entry?.position ?? position}].secretName`,
    value: secretName,
  };
  if (!found.ok) {
    const exists = reader.get("Secret", objectKey(plan.source.namespace, secretName)) !== undefined;
    return fallBack(place, exists ? "CertificateUnusable" : "SecretNotFound", found.error);
  }
  if (coversHost(found.value.names, host)) return { certificate: found.value.id, problems: [] };
  const names = printable(found.value.names.join(", "));
  return fallBack(place, "CertificateMismatch", `the certificate does not cover host ${host}, only ${names}`);
}

function fallBack(place: Place, reason: string, why: string): HostCertificate {
  const message = `${why}; the default certificate serves the host`;
  return { certificate: DEFAULT, problems: [errorAt(place, reason, "ignored", message)] };
}

/** A later Ingress that wants another certificate for the host is told who decided. */
function lostCertificate(host: HostId, plan: IngressPlan, winner: IngressPlan): readonly Problem[] {
  const wanted = listedEntry(plan, host);
  if (wanted === undefined || wanted.secretName === "") return [];
  const decided = listedEntry(winner, host);
  const same = decided?.secretName === wanted.secretName && winner.source.namespace === plan.source.namespace;
  if (same) return [];
  const place = { source: plan.source, field: "spec.tls", value: wanted.secretName };
  const message = `${formatSource(winner.source)} comes first and decides the certificate of host ${host}; this one is not used`;
  return [warningAt(place, "CertificateConflict", "ignored", message)];
}

function listedEntry({ ingress, tlsHosts }: IngressPlan, host: HostId): IngressTls | undefined {
  const index = tlsHosts.get(host);
  return index === undefined ? undefined : ingress.spec.tls[index];
}
