import { isIP } from "node:net";
import { compileCidrs } from "../../lib/cidr.ts";
import { isLocalName } from "../../lib/host-name.ts";
import { printable } from "../../lib/printable.ts";
import { Deadline } from "../../wire/wire.ts";
import type { PoolContext } from "./pool-context.ts";
import type { ResolvedName } from "./resolver.ts";

const MIN_REFRESH_MS = 1_000;
const MAX_REFRESH_MS = 3_600_000;
const MAX_FAILURE_DELAY_MS = 30_000;
const ANSWER_TIMEOUT_MS = 15_000;

/** A name must not lead into the proxy's own host or a cloud's metadata service. */
const REFUSED = compileCidrs(["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "::/128", "::1/128", "fe80::/10"]);

/**
 * Follows one external name. The last good addresses are kept while look-ups fail; before the first good answer there are
 * none. An IP literal is taken as it is, whatever its range: somebody wrote that very address.
 */
export class NameWatch {
  readonly host: string;
  readonly #context: PoolContext;
  readonly #onChange: () => void;
  readonly #refresh: Deadline;
  readonly #overdue: Deadline;
  #addresses: readonly string[] = [];
  #failures = 0;
  /** Number of the look-up whose answer counts. */
  #query = 0;
  #closed = false;

  constructor(host: string, context: PoolContext, onChange: () => void) {
    this.host = host;
    this.#context = context;
    this.#onChange = onChange;
    this.#refresh = new Deadline(() => this.#ask());
    this.#overdue = new Deadline(() => this.#failed(this.#query, "no answer in time"));
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Starts following the name. */
  start(): void {
    const literal = this.host.startsWith("[") ? this.host.slice(1, -1) : this.host;
    if (isIP(literal) !== 0) this.#addresses = [literal];
    else if (isLocalhost(this.host)) this.#warn("the name stands for this host and is refused");
    else this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#context.wheel.disarm(this.#refresh);
    this.#context.wheel.disarm(this.#overdue);
  }

  #ask(): void {
    const query = ++this.#query;
    this.#context.wheel.arm(this.#overdue, ANSWER_TIMEOUT_MS);
    this.#context.resolver.resolve(this.host).then(
      (answer) => this.#answered(query, answer),
      (error: unknown) => this.#failed(query, error instanceof Error ? error.message : "unknown error"),
    );
  }

  #answered(query: number, answer: ResolvedName): void {
    if (this.#closed || query !== this.#query) return;
    const allowed = answer.addresses.filter((address) => isIP(address) !== 0 && !REFUSED.has(address));
    if (allowed.length === 0) {
      this.#failed(query, answer.addresses.length === 0 ? "no addresses" : "only loopback or link-local addresses");
      return;
    }
    this.#failures = 0;
    this.#schedule(Math.min(Math.max(answer.ttlMs, MIN_REFRESH_MS), MAX_REFRESH_MS));
    this.#replace([...new Set(allowed)].sort());
  }

  #failed(query: number, reason: string): void {
    if (this.#closed || query !== this.#query) return;
    // A late answer to this look-up no longer counts.
    this.#query++;
    if (this.#failures === 0) this.#warn(reason);
    this.#schedule(Math.min(MIN_REFRESH_MS * 2 ** this.#failures, MAX_FAILURE_DELAY_MS));
    this.#failures = Math.min(this.#failures + 1, 10);
  }

  #schedule(delayMs: number): void {
    this.#context.wheel.disarm(this.#overdue);
    this.#context.wheel.arm(this.#refresh, delayMs);
  }

  #replace(addresses: readonly string[]): void {
    if (addresses.join() === this.#addresses.join()) return;
    this.#addresses = addresses;
    this.#onChange();
  }

  #warn(reason: string): void {
    const fields = { host: printable(this.host), reason: printable(reason), kept: this.#addresses.length };
    this.#context.logger.warn(fields, "an external name cannot be resolved");
  }
}

function isLocalhost(host: string): boolean {
  return isLocalName((host.endsWith(".") ? host.slice(0, -1) : host).toLowerCase());
}
