import type { Clock } from "../../lib/clock.ts";
import type { LogFields, Logger } from "../../lib/logger.ts";
import { printable } from "../../lib/printable.ts";
import type { ExchangeObserver } from "../../model/exchange-observer.ts";
import type { FinishedExchange, TurnedAway } from "../../model/finished-exchange.ts";
import { onlyShard } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import { describeReason } from "../../model/reason-words.ts";
import { type ReasonLevel, reasonOf } from "../../model/reasons.ts";
import type { ErrorLogLevel } from "../../model/settings.ts";
import { LineAllowance } from "./line-allowance.ts";
import { ingressOf } from "../request-metrics/request-labels.ts";

/** From which level on lines are written. */
const RANKS: Readonly<Record<ErrorLogLevel, number>> = { notice: 0, warn: 1, error: 2, off: 3 };
const METHODS = { notice: "info", warn: "warn", error: "error" } as const satisfies Record<ReasonLevel, keyof Logger>;
const SUMMARY_MS = 1000;

/**
 * One line for every answer that the proxy itself gave and every connection that it turned away: the code, the reason in words, and whom it
 * met. Queries, header fields and bodies are never in it. A success costs one comparison.
 */
export class ErrorLog implements ExchangeObserver {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #allowance = new LineAllowance();
  #lowest = RANKS.notice;
  /** Runs while lines are being left out. */
  #summary: NodeJS.Timeout | null = null;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  onFinish(exchange: FinishedExchange): void {
    const { errorCode } = exchange;
    if (errorCode === "" || !this.#admits(errorCode)) return;
    this.#logger[METHODS[reasonOf(errorCode).level]](fieldsOf(exchange), describeReason(exchange));
  }

  onTurnedAway({ code, detail, client, serverName }: TurnedAway): void {
    if (!this.#admits(code)) return;
    const { level, means } = reasonOf(code);
    const fields = {
      code,
      client: client.remoteAddress,
      listener: client.listener.id,
      serverName: printable(serverName),
    };
    this.#logger[METHODS[level]](known(fields), detail === "" ? means : `${means}: ${printable(detail)}`);
  }

  /** Takes over the level. */
  apply(delta: ModelDelta): void {
    const settings = onlyShard(delta.settings);
    if (settings) this.#lowest = RANKS[settings.log.errorLogLevel];
  }

  /** Reports what was left out so far. */
  settle(): void {
    if (this.#summary !== null) clearTimeout(this.#summary);
    this.#summary = null;
    const leftOut = this.#allowance.takeLeftOut();
    if (leftOut.size === 0) return;
    const count = [...leftOut.values()].reduce((sum, one) => sum + one, 0);
    this.#logger.warn({ leftOut: Object.fromEntries(leftOut) }, `${count} more left out in the last second`);
  }

  #admits(code: string): boolean {
    if (RANKS[reasonOf(code).level] < this.#lowest) return false;
    if (this.#allowance.admits(code, this.#clock.monotonicMs())) return true;
    this.#summary ??= setTimeout(() => this.settle(), SUMMARY_MS).unref();
    return false;
  }
}

function fieldsOf(exchange: FinishedExchange): LogFields {
  const { errorCode: code, status, route, attempts, client, clientAddress } = exchange;
  const last = attempts.at(-1);
  return known({
    code,
    status,
    client: clientAddress,
    listener: client.listener.id,
    host: exchange.host,
    request: requestOf(exchange),
    route: route === null ? "" : ingressOf(route),
    upstream: exchange.alternativeUpstream === "" ? exchange.upstream : exchange.alternativeUpstream,
    endpoint: last?.address ?? "",
    errno: last !== undefined && ERRNO.test(last.failureDetail) ? last.failureDetail : "",
    requestId: printable(exchange.requestId),
  });
}

const ERRNO = /^[A-Z][A-Z0-9_]*$/;

function known(fields: Readonly<Record<string, string | number>>): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}

/** Method and path, or the line as received where it is no request line. Credentials may be in a query, or before an authority. */
function requestOf({ method, target, requestLine }: FinishedExchange): string {
  const line = requestLine === "" ? `${method} ${target}`.trim() : requestLine;
  const query = line.indexOf("?");
  return printable((query === -1 ? line : line.slice(0, query)).replace(/\/\/[^/@]*@/, "//"));
}
