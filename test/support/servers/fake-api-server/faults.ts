import type { ServerResponse } from "node:http";
import type { ApiVerb } from "./access.ts";
import { sendStatus } from "./answers.ts";

/** Writes as well: those go wrong by `status`, `reset` and `hang` only. */
export type FakeVerb = ApiVerb;

/** What goes wrong with one request. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection is reset before an answer. */
  | { readonly kind: "reset" }
  /** No answer at all, until the client gives up. */
  | { readonly kind: "hang" }
  /** The answer breaks off after so many bytes. */
  | { readonly kind: "truncate"; readonly bytes: number }
  /** The answer comes in pieces of so many bytes. */
  | { readonly kind: "trickle"; readonly bytes: number };

interface Planned {
  readonly verb: FakeVerb;
  readonly plural: string | null;
  readonly fault: Fault;
  readonly lasting: boolean;
}

/** Which requests go wrong, and how. */
export class FaultPlan {
  #planned: Planned[] = [];

  /** The next request with this verb (and resource, when given) goes wrong, once. */
  next(verb: FakeVerb, fault: Fault, plural: string | null = null): void {
    this.#planned.push({ verb, plural, fault, lasting: false });
  }

  /** Every such request goes wrong until `clear`. */
  always(verb: FakeVerb, fault: Fault, plural: string | null = null): void {
    this.#planned.push({ verb, plural, fault, lasting: true });
  }

  clear(): void {
    this.#planned = [];
  }

  take(verb: FakeVerb, plural: string): Fault | null {
    const at = this.#planned.findIndex(
      (plan) => plan.verb === verb && (plan.plural === null || plan.plural === plural),
    );
    const plan = this.#planned[at];
    if (plan !== undefined && !plan.lasting) this.#planned.splice(at, 1);
    return plan?.fault ?? null;
  }
}

/** Carries a fault out where it comes instead of the answer; false when the answer is to be sent (and then damaged). */
export function answerWithFault(fault: Fault | null, response: ServerResponse): boolean {
  if (fault?.kind === "status") {
    const retryAfter = fault.retryAfterSeconds;
    sendStatus(
      response,
      fault.status,
      "injected",
      retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
    );
    return true;
  }
  if (fault?.kind === "reset") response.socket?.resetAndDestroy();
  return fault?.kind === "reset" || fault?.kind === "hang";
}

/** Writes a whole body, damaged as the fault says. */
export function writeDamaged(fault: Fault | null, body: string, response: ServerResponse): void {
  if (fault?.kind === "truncate") {
    response.write(body.slice(0, fault.bytes), () => response.socket?.destroy());
    return;
  }
  if (fault?.kind === "trickle") trickle(body, fault.bytes, response);
  else response.end(body);
}

function trickle(rest: string, bytes: number, response: ServerResponse): void {
  if (response.destroyed) return;
  if (rest === "") return void response.end();
  response.write(rest.slice(0, bytes));
  setImmediate(() => trickle(rest.slice(bytes), bytes, response));
}
