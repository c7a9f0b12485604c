import type { ExchangeObserver } from "../../model/exchange-observer.ts";
import type { FinishedExchange } from "../../model/finished-exchange.ts";
import { type AccessLogSettings, DEFAULT_ACCESS_LOG, type LogPiece, type LogVariable } from "../../model/log-format.ts";
import { onlyShard } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import { compileLogLine, type LogHost, type LogLine } from "./log-line.ts";
import { compileLogSkip, type SkipsLog } from "./log-skip.ts";

export interface LineWriter {
  writeLine(line: string): void;
}

/** Where the lines may go. */
export type LogOutputs = Readonly<Record<Exclude<AccessLogSettings["target"], "off">, LineWriter>>;

/** ingress-nginx's access log: one line a request, in its default format or the configured one, so that parsers built for it keep working. */
export class AccessLog implements ExchangeObserver {
  readonly #outputs: LogOutputs;
  readonly #host: LogHost;
  #settings: AccessLogSettings | null = null;
  #output: LineWriter | null = null;
  #line: LogLine = () => "";
  #skips: SkipsLog = () => false;

  constructor(outputs: LogOutputs, host: LogHost) {
    this.#outputs = outputs;
    this.#host = host;
    this.#configure(DEFAULT_ACCESS_LOG);
  }

  onFinish(exchange: FinishedExchange): void {
    if (this.#output === null || this.#skips(exchange)) return;
    this.#output.writeLine(this.#line(exchange));
  }

  /** Takes over the format and what is to be left out. */
  apply(delta: ModelDelta): void {
    const settings = onlyShard(delta.settings);
    if (settings && settings.log.accessLog !== this.#settings) this.#configure(settings.log.accessLog);
  }

  #configure(settings: AccessLogSettings): void {
    const { target, format, escape } = settings;
    this.#settings = settings;
    this.#output = target === "off" ? null : this.#outputs[target];
    this.#line = compileLogLine(format ?? DEFAULT_PIECES, escape, this.#host);
    this.#skips = compileLogSkip(settings);
  }
}

/** A header of the request. */
interface RequestHeader {
  readonly header: string;
}

/** The pieces of a format that is written here: text, and in between variables and headers of the request. */
function format(texts: TemplateStringsArray, ...values: readonly (LogVariable | RequestHeader)[]): readonly LogPiece[] {
  const pieces = texts.flatMap((text, i): readonly LogPiece[] => {
    const value = values[i];
    return value === undefined ? [{ kind: "text", text }] : [{ kind: "text", text }, pieceOf(value)];
  });
  return pieces.filter((piece) => piece.kind !== "text" || piece.text !== "");
}

function pieceOf(value: LogVariable | RequestHeader): LogPiece {
  if (typeof value === "string") return { kind: "variable", name: value };
  return { kind: "member", family: "http_", name: value.header };
}

/** ingress-nginx's `log-format-upstream`. */
const DEFAULT_PIECES = format`${"remote_addr"} - ${"remote_user"} [${"time_local"}] "${"request"}" ${"status"} ${"body_bytes_sent"} \
"${{ header: "referer" }}" "${{ header: "user-agent" }}" ${"request_length"} ${"request_time"} [${"proxy_upstream_name"}] \
[${"proxy_alternative_upstream_name"}] ${"upstream_addr"} ${"upstream_response_length"} ${"upstream_response_time"} \
${"upstream_status"} ${"req_id"}`;
