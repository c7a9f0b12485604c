import { createHash } from "node:crypto";
import type { StrictMessage } from "../../test/support/oracles/strict-reader.ts";
import type { Plan } from "./plan.ts";
import { StallWatch } from "./stall-watch.ts";

/** A request as an endpoint received it. */
export interface SeenRequest {
  readonly serial: number;
  readonly address: string;
  readonly message: StrictMessage;
  /** The connection it came on has been in the hands of a script: what is answered on it may be anything. */
  readonly tainted: boolean;
}

/** A broken promise of the proxy. */
export interface Finding {
  readonly what: string;
  readonly plan: Plan | null;
  readonly detail: unknown;
}

/** Far more than can still be on their way. */
const LATE_KEPT = 500;

/** What clients and endpoints of one run know of each other. A client is known by its address, which no bytes of it can forge. */
export class World {
  readonly findings: Finding[] = [];
  readonly stalls = new StallWatch((ms) => this.report(`the event loop was blocked for ${ms} ms`, null, null));
  /** Plans and honest requests that ran while the process stood still. */
  unjudged = 0;
  readonly #plans = new Map<string, Plan>();
  readonly #seen = new Map<string, SeenRequest[]>();
  readonly #late: string[] = [];
  #nextAddress = 0;
  #nextSerial = 1;

  /** An address of the loopback network that nobody else has at the moment. */
  enter(plan: Plan): string {
    const n = this.#nextAddress++ % (250 * 250 * 250);
    const address = `127.${1 + (n % 250)}.${1 + (Math.floor(n / 250) % 250)}.${1 + Math.floor(n / 62_500)}`;
    this.#plans.set(address, plan);
    this.#seen.set(address, []);
    return address;
  }

  leave(address: string): void {
    this.#plans.delete(address);
    this.#seen.delete(address);
  }

  planOf(address: string): Plan | null {
    return this.#plans.get(address) ?? null;
  }

  /** Every request of that client that reached an endpoint, in order of arrival. */
  seenOf(address: string): readonly SeenRequest[] {
    return this.#seen.get(address) ?? [];
  }

  see(address: string, message: StrictMessage, tainted: boolean): SeenRequest {
    const seen = { serial: this.#nextSerial++, address, message, tainted };
    this.#seen.get(address)?.push(seen);
    return seen;
  }

  /** An endpoint says this in pieces: what comes behind an answer of it may hit a request that the endpoint never reads. */
  noteLate(text: string): void {
    this.#late.push(text);
    if (this.#late.length > LATE_KEPT) this.#late.shift();
  }

  /** Whether an answer of that status and body can be what an endpoint has lately said behind another one. */
  saidLate(status: number, body: string): boolean {
    if (status === 502) return this.#late.length > 0;
    return this.#late.some((text) => {
      const at = text.lastIndexOf(` ${status}`);
      const firstEnd = text.indexOf("\r\n\r\n");
      return firstEnd !== -1 && firstEnd < at && text.slice(at).includes(body);
    });
  }

  report(what: string, plan: Plan | null, detail: unknown): void {
    this.findings.push({ what, plan, detail });
  }
}

/** The body of the answer to a request of that number: nobody else's. */
export function bodyOf(serial: number, bytes: number): string {
  const block = createHash("sha256").update(String(serial)).digest("hex");
  return `${serial}:${block.repeat(Math.ceil(bytes / block.length))}`.slice(0, Math.max(bytes, 12));
}
