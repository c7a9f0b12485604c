import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { SourceListener } from "../source.ts";
import { type ApiFailure, formatFailure, isStatus } from "./api-client.ts";
import type { ServerState } from "./recovery.ts";
import type { WatchTarget } from "./targets.ts";

/** Numbers of one watch target since the start. */
export interface WatchStats {
  readonly lists: number;
  readonly watches: number;
  readonly events: number;
  readonly failures: number;
  /** Wall clock of the last list, event, bookmark or beginning of a watch: how fresh the state is. 0 before the first. */
  readonly lastContactAtMs: number;
}

export interface ContactOptions {
  readonly target: WatchTarget;
  readonly listener: SourceListener;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Both refusals are also what a server says that has just started and has not read its rules and keys yet; of one that returns they are not told. */
const MAYBE_COLD =
  "The API server was not reached until a moment ago and may not have read its rules and keys yet: it is asked again in less than a second. Should this stay: ";
const DEAD_TOKEN =
  "the API server does not know who asks: the token or client certificate is expired, revoked, or from another cluster; look at the controller's service account token or kubeconfig";
const MISSING_RULE =
  "the API server knows who asks, and no role allows it: grant list and watch to the controller's service account";

/** Counts and tells how the talk with the API server goes: one line when it breaks, one when it works again. */
export class Contact {
  readonly #options: ContactOptions;
  readonly #stats = { lists: 0, watches: 0, events: 0, failures: 0, lastContactAtMs: 0 };
  #failing = "";
  /** What was reported and is not withdrawn. */
  #refusal = "";

  constructor(options: ContactOptions) {
    this.#options = options;
  }

  get stats(): WatchStats {
    return this.#stats;
  }

  listed(): void {
    this.#stats.lists++;
    this.#heard();
  }

  watching(): void {
    this.#stats.watches++;
    this.#heard();
  }

  heardEvent(): void {
    this.#stats.events++;
    this.#heard();
  }

  failed(failure: ApiFailure, state: ServerState): void {
    this.#stats.failures++;
    const text = formatFailure(failure);
    const { logger, target } = this.#options;
    const fields = { kind: target.kind, path: target.path, reason: text };
    if (text === this.#failing) logger.debug(fields, "the API server still does not answer");
    else logger.warn(fields, "no answer from the API server; what it said before stays in force");
    this.#failing = text;
    if (state === "returning") return;
    const doubt = state === "cold" ? MAYBE_COLD : "";
    if (isStatus(failure, 401)) this.#reportRefusal(`${text}. ${doubt}${DEAD_TOKEN}`);
    if (isStatus(failure, 403)) this.#reportRefusal(`${text}. ${doubt}${MISSING_RULE}`);
  }

  #heard(): void {
    const { logger, clock, target } = this.#options;
    this.#stats.lastContactAtMs = clock.nowMs();
    if (this.#failing !== "") logger.info({ kind: target.kind, path: target.path }, "the API server answers again");
    this.#failing = "";
    if (this.#refusal !== "") this.#options.listener.problems(this.#problemKey, []);
    this.#refusal = "";
  }

  #reportRefusal(text: string): void {
    if (text === this.#refusal) return;
    const { target, listener } = this.#options;
    this.#refusal = text;
    listener.problems(this.#problemKey, [
      {
        severity: target.kind === "IngressClass" ? "warning" : "error",
        reason: "AccessRefused",
        source: { kind: target.kind, namespace: "", name: "*" },
        field: "",
        value: "",
        message: `cannot list or watch ${target.path}, so the last state stays in force: ${text}`,
        effect: "ignored",
      },
    ]);
  }

  get #problemKey(): string {
    return `Watch ${this.#options.target.path}`;
  }
}
