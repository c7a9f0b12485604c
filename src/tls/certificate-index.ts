import type { SecureContext } from "node:tls";
import type { Clock } from "../lib/clock.ts";
import { canonicalServerName } from "../lib/host-name.ts";
import type { Logger } from "../lib/logger.ts";
import { printable } from "../lib/printable.ts";
import type { Secret } from "../lib/secret.ts";
import type { Certificate } from "../model/certificate.ts";
import { onlyShard } from "../model/delta.ts";
import type { ModelDelta } from "../model/model.ts";
import type { Problem } from "../model/problem.ts";
import { formatSource } from "../model/source.ts";
import type { HostId } from "../model/virtual-host.ts";
import { CertificateSlot } from "./certificate-slot.ts";
import type { PemPair } from "./secure-context.ts";
import { createTicketSecret } from "./ticket-secret.ts";

export interface CertificateIndexOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Served where no certificate fits. */
  readonly fallback: PemPair;
  /** Development: makes a certificate for a virtual host that has none which works. */
  readonly issueForHost: ((host: string) => PemPair) | null;
  /** Behind session tickets; indexes with the same one resume each other's sessions. Null: one of its own. */
  readonly ticketSecret?: Secret | null;
}

/**
 * Which certificate a TLS client gets for the name it asks for: that of the virtual host of this name, of its one-label wildcard,
 * or the default (`--default-ssl-certificate`, else the fallback).
 *
 * Changes never touch an established connection: it keeps the context it began with. A certificate that cannot be used never
 * throws and never replaces one that works; it becomes a problem. A certificate that was removed gives way to the default.
 */
export class CertificateIndex {
  /** What is wrong with certificates, by certificate id; an entry goes when the certificate is replaced by a good one. */
  readonly problems: ReadonlyMap<string, Problem>;

  readonly #options: CertificateIndexOptions;
  readonly #problems = new Map<string, Problem>();
  readonly #slots = new Map<string, CertificateSlot>();
  /** Certificate of each virtual host as the model says it; null where no TLS section covers the host. */
  readonly #hosts = new Map<HostId, string | null>();
  /** Development certificates by virtual host. */
  readonly #issued = new Map<HostId, CertificateSlot>();
  readonly #tickets: { current: Secret };
  readonly #fallback: CertificateSlot;
  readonly #lastResort: SecureContext;
  #defaultCertificate: string | null = null;

  /** Throws when the fallback certificate cannot be used: there is nothing to serve then. */
  constructor(options: CertificateIndexOptions) {
    this.problems = this.#problems;
    this.#options = options;
    this.#tickets = { current: options.ticketSecret ?? createTicketSecret() };
    this.#fallback = new CertificateSlot(options.fallback, this.#tickets);
    const opened = this.#fallback.open();
    if (!opened.ok) throw new Error(`the fallback certificate cannot be used: ${opened.error}`);
    this.#lastResort = opened.value;
  }

  /** From now on sessions are sealed with this secret. Tickets from before resume nothing: their clients shake hands in full. */
  setTicketSecret(secret: Secret): void {
    this.#tickets.current = secret;
  }

  /** Takes what concerns certificates out of a change of the model. Never throws. */
  apply(delta: ModelDelta): void {
    for (const [id, certificate] of delta.certificates) {
      if (certificate === null) this.#remove(id);
      else this.#set(certificate);
    }
    for (const [id, host] of delta.virtualHosts) {
      if (host === null) this.#hosts.delete(id);
      else this.#hosts.set(id, host.certificate);
      this.#issued.delete(id);
    }
    const chosen = onlyShard(delta.defaultCertificate);
    if (chosen !== undefined) this.#defaultCertificate = chosen;
  }

  /** Context for a server name as the client sent it, whatever its bytes; empty for a client that sent none. */
  contextFor(serverName: string): SecureContext {
    const name = serverName === "" ? null : canonicalServerName(serverName);
    if (name === null) return this.#default();
    const host = this.#hostOf(name);
    if (host === undefined) return this.#default();
    const certificate = this.#hosts.get(host) ?? null;
    return this.#working(certificate) ?? this.#issue(host) ?? this.#default();
  }

  /**
   * Context of one of these certificates, whatever hosts have: the first that works and is for the server name, else the first that works.
   * Null when none works.
   */
  contextAmong(ids: readonly string[], serverName: string): SecureContext | null {
    const name = canonicalServerName(serverName) ?? "";
    const fitting = ids.filter((id) => this.#slots.get(id)?.certificate?.names.some((one) => covers(one, name)));
    for (const id of [...fitting, ...ids]) {
      const context = this.#working(id);
      if (context !== null) return context;
    }
    return null;
  }

  /** For logs: which certificate a client that asks for this name is shown, where it is not one of its own; empty where it is. */
  shownFor(serverName: string): string {
    const name = canonicalServerName(serverName);
    const host = name === null ? undefined : this.#hostOf(name);
    const own = host === undefined ? null : (this.#hosts.get(host) ?? null);
    if (host !== undefined && (this.#working(own) !== null || this.#issue(host) !== null)) return "";
    const shown = this.#working(this.#defaultCertificate) === null ? null : this.#defaultCertificate;
    const names = shown === null ? [] : (this.#slots.get(shown)?.certificate?.names ?? []);
    const certificate =
      shown === null ? "a self-signed certificate" : `the default certificate, which is for ${names.join(", ")}`;
    return name === null
      ? `it asked for no name and was shown ${certificate}`
      : `no certificate is for ${name}: it was shown ${certificate}`;
  }

  /**
   * The virtual host whose certificate serves the name. A host without TLS section gives way to a wildcard that has one, as in
   * ingress-nginx; a host that asks for the default certificate does not.
   */
  #hostOf(name: string): HostId | undefined {
    const wildcard = `*${name.slice(name.indexOf("."))}`;
    const exact = this.#hosts.get(name);
    if (typeof exact === "string") return name;
    if (name.includes(".") && typeof this.#hosts.get(wildcard) === "string") return wildcard;
    if (exact === null) return name;
    return name.includes(".") && this.#hosts.has(wildcard) ? wildcard : undefined;
  }

  #working(id: string | null): SecureContext | null {
    const slot = id === null ? undefined : this.#slots.get(id);
    if (id === null || slot === undefined) return null;
    const opened = slot.open();
    if (opened.ok) return opened.value;
    if (slot.certificate !== null && !this.#problems.has(id)) this.#report(slot.certificate, opened.error);
    return null;
  }

  #issue(host: HostId): SecureContext | null {
    if (this.#options.issueForHost === null) return null;
    const slot = this.#issued.get(host) ?? new CertificateSlot(this.#options.issueForHost(host), this.#tickets);
    this.#issued.set(host, slot);
    const opened = slot.open();
    return opened.ok ? opened.value : null;
  }

  #default(): SecureContext {
    const chosen = this.#working(this.#defaultCertificate);
    if (chosen !== null) return chosen;
    const fallback = this.#fallback.open();
    return fallback.ok ? fallback.value : this.#lastResort;
  }

  #set(certificate: Certificate): void {
    const slot = this.#slots.get(certificate.id);
    if (slot === undefined) {
      this.#slots.set(certificate.id, CertificateSlot.of(certificate, this.#tickets));
    } else {
      const replaced = slot.replace(certificate);
      if (!replaced.ok) {
        this.#report(certificate, `${replaced.error}; the certificate from before stays in use`);
        return;
      }
    }
    this.#problems.delete(certificate.id);
    if (certificate.notAfterMs < this.#options.clock.nowMs()) this.#reportExpired(certificate);
  }

  #remove(id: string): void {
    this.#slots.delete(id);
    this.#problems.delete(id);
  }

  #report(certificate: Certificate, detail: string): void {
    this.#note(certificate, {
      severity: "error",
      reason: "CertificateUnusable",
      message: `the certificate cannot be used: ${printable(detail)}`,
      effect: "ignored",
    });
  }

  #reportExpired(certificate: Certificate): void {
    this.#note(certificate, {
      severity: "warning",
      reason: "CertificateExpired",
      message: `the certificate expired on ${new Date(certificate.notAfterMs).toISOString()} and is served all the same; renew it`,
      effect: "none",
    });
  }

  #note(certificate: Certificate, what: Pick<Problem, "severity" | "reason" | "message" | "effect">): void {
    this.#problems.set(certificate.id, { ...what, source: certificate.source, field: "data", value: "" });
    this.#options.logger.warn({ object: formatSource(certificate.source), reason: what.reason }, what.message);
  }
}

/** Whether a name of a certificate, which may be a one-label wildcard, is that of the host. */
function covers(certified: string, host: string): boolean {
  const name = certified.toLowerCase();
  return (
    name === host || (name.startsWith("*.") && host.indexOf(".") > 0 && name.slice(1) === host.slice(host.indexOf(".")))
  );
}
