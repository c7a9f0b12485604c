import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { SourceListener } from "../source.ts";
import { type ApiFailure, formatFailure } from "./api-client.ts";
import type { WatchTarget } from "./targets.ts";

/** Numbers of one watch target since the start. */
export interface WatchStats {
  readonly lists: number;
  readonly watches: number;
  readonly events: number;
  readonly failures: number;
  /** Wall clock of the last list, event or bookmark: how fresh the state is. 0 before the first. */
  readonly lastContactAtMs: number;
}

export interface ContactOptions {
  readonly target: WatchTarget;
  readonly listener: SourceListener;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Counts and tells how the talk with the API server goes: one line when it breaks, one when it works again. */
export class Contact {
  readonly #options: ContactOptions;
  readonly #stats = { lists: 0, watches: 0, events: 0, failures: 0, lastContactAtMs: 0 };
  #failing = "";
  #refused = false;

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
  }

  heardEvent(): void {
    this.#stats.events++;
    this.#heard();
  }

  failed(failure: ApiFailure): void {
    this.#stats.failures++;
    const text = formatFailure(failure);
    const { logger, target } = this.#options;
    const fields = { kind: target.kind, path: target.path, reason: text };
    if (text === this.#failing) logger.debug(fields, "the API server still does not answer");
    else logger.warn(fields, "no answer from the API server; what it said before stays in force");
    this.#failing = text;
    if (failure.kind === "status" && (failure.status === 401 || failure.status === 403)) this.#reportRefusal(text);
  }

  #heard(): void {
    const { logger, clock, target } = this.#options;
    this.#stats.lastContactAtMs = clock.nowMs();
    if (this.#failing !== "") logger.info({ kind: target.kind, path: target.path }, "the API server answers again");
    this.#failing = "";
    if (this.#refused) this.#options.listener.problems(this.#problemKey, []);
    this.#refused = false;
  }

  #reportRefusal(text: string): void {
    const { target, listener } = this.#options;
    this.#refused = true;
    listener.problems(this.#problemKey, [
      {
        severity: target.kind === "IngressClass" ? "warning" : "error",
        reason: "AccessRefused",
        source: { kind: target.kind, namespace: "", name: "*" },
        field: "",
        value: "",
        message: `cannot list or watch ${target.path} (${text}): grant list and watch to the controller's service account; the last state stays in force`,
        effect: "ignored",
      },
    ]);
  }

  get #problemKey(): string {
    return `Watch ${this.#options.target.path}`;
  }
}
