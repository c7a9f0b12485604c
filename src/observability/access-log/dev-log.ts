import { printable } from "../../lib/printable.ts";
import type { ExchangeObserver } from "../../model/exchange-observer.ts";
import type { FinishedExchange } from "../../model/finished-exchange.ts";
import { describeReason } from "../../model/reason-words.ts";
import type { LineWriter } from "./access-log.ts";
import type { Paint, PaintStyle } from "../text/paint.ts";

/** One line a request for the developer's terminal: method, host and path, route, upstream, status, time. */
export class DevLog implements ExchangeObserver {
  readonly #writer: LineWriter;
  readonly #paint: Paint;

  constructor(writer: LineWriter, paint: Paint) {
    this.#writer = writer;
    this.#paint = paint;
  }

  onFinish(exchange: FinishedExchange): void {
    const paint = this.#paint;
    const status = paint(styleOf(exchange.status), String(exchange.status));
    // Of what was no request only its first line is known.
    const where = exchange.host === "" ? exchange.requestLine : `${originOf(exchange)}${exchange.target}`;
    const time = paint(
      "dim",
      `${formatMs(exchange.durationMs)}${exchange.errorCode === "" ? "" : ` ${exchange.errorCode}`}`,
    );
    const why = exchange.errorCode === "" ? "" : `: ${printable(describeReason(exchange))}`;
    const request = `${paint("bold", printable(exchange.method || "-").padEnd(4))} ${printable(where)}`;
    this.#writer.writeLine(`${status} ${request} ${paint("dim", "→")} ${this.#routeOf(exchange)} ${time}${why}`);
  }

  #routeOf({ route, attempts, alternativeUpstream }: FinishedExchange): string {
    if (route === null || route.source === null) return this.#paint("dim", "no route");
    const canary = alternativeUpstream === "" ? "" : ` ${this.#paint("magenta", `canary ${alternativeUpstream}`)}`;
    const last = attempts.at(-1);
    const endpoint = last === undefined ? "" : ` ${this.#paint("dim", last.address)}`;
    const { service, source } = route;
    const target = service.name === "" ? "" : ` ${this.#paint("cyan", printable(`${service.name}:${service.port}`))}`;
    return `${printable(`${source.namespace}/${source.name}`)} ${printable(route.path)}${target}${canary}${endpoint}`;
  }
}

/** With the port that the client connected to, so that the address can be opened as it stands; no default port. */
function originOf({ client, host }: FinishedExchange): string {
  const [scheme, defaultPort] = client.tls === null ? ["http", 80] : ["https", 443];
  return `${scheme}://${host}${client.localPort === defaultPort ? "" : `:${client.localPort}`}`;
}

function styleOf(status: number): PaintStyle {
  if (status >= 500) return "red";
  if (status >= 400) return "yellow";
  return status >= 300 ? "cyan" : "green";
}

function formatMs(durationMs: number): string {
  if (durationMs >= 1000) return `${(durationMs / 1000).toFixed(2)} s`;
  return durationMs >= 10 ? `${Math.round(durationMs)} ms` : `${durationMs.toFixed(1)} ms`;
}
