import type { ExchangeObserver, FinishedExchange, UpstreamAttempt } from "../model/finished-exchange.ts";
import { escapeLogText } from "./log-escape.ts";
import { LocalTime } from "./local-time.ts";

export interface LineWriter {
  writeLine(line: string): void;
}

/** ingress-nginx's access log: one line a request in its default format, so that parsers built for it keep working. */
export class AccessLog implements ExchangeObserver {
  readonly #writer: LineWriter;
  readonly #time = new LocalTime();

  constructor(writer: LineWriter) {
    this.#writer = writer;
  }

  onFinish(exchange: FinishedExchange): void {
    const endedAtMs = exchange.startedAtMs + exchange.durationMs;
    this.#writer.writeLine(formatAccessLine(exchange, this.#time.format(endedAtMs)));
  }
}

/**
 * `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"
 * $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr
 * $upstream_response_length $upstream_response_time $upstream_status $req_id`
 */
function formatAccessLine(exchange: FinishedExchange, time: string): string {
  const { attempts } = exchange;
  const client = `${exchange.clientAddress} - - [${time}] "${requestLine(exchange)}" ${exchange.status} ${exchange.responseBodyBytes}`;
  const agent = `"${orDash(escapeLogText(exchange.referer))}" "${orDash(escapeLogText(exchange.userAgent))}"`;
  const route = `${exchange.requestBytes} ${seconds(exchange.durationMs)} [${exchange.upstream}] [${exchange.alternativeUpstream}]`;
  const upstream = `${each(attempts, addressOf)} ${each(attempts, lengthOf)} ${each(attempts, timeOf)} ${statuses(exchange)}`;
  return `${client} ${agent} ${route} ${upstream} ${orDash(escapeLogText(exchange.requestId))}`;
}

function requestLine({ method, target, httpVersion }: FinishedExchange): string {
  return method === "" ? "-" : `${escapeLogText(method)} ${escapeLogText(target)} HTTP/${httpVersion}`;
}

/** Values of retried requests are listed as nginx lists them: `a, b`. */
function each(attempts: readonly UpstreamAttempt[], pick: (attempt: UpstreamAttempt) => string): string {
  const [first] = attempts;
  if (first === undefined) return "-";
  return attempts.length === 1 ? pick(first) : attempts.map(pick).join(", ");
}

const addressOf = (attempt: UpstreamAttempt): string => attempt.address;
const lengthOf = (attempt: UpstreamAttempt): string => String(attempt.responseBytes);
const timeOf = (attempt: UpstreamAttempt): string => seconds(attempt.durationMs);

/** nginx writes the status it made of a failed attempt: 504 after a timeout, else 502. Only the last one's is known to us. */
function statuses({ attempts, status }: FinishedExchange): string {
  if (attempts.length === 0) return "-";
  const last = attempts.length - 1;
  return attempts
    .map((attempt, index) => {
      if (attempt.status !== 0) return String(attempt.status);
      return index === last && status === 504 ? "504" : "502";
    })
    .join(", ");
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}

function orDash(text: string): string {
  return text === "" ? "-" : text;
}
