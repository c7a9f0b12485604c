import type { ExchangeObserver, FinishedExchange } from "../../model/finished-exchange.ts";
import { DEFAULT_ACCESS_LOG, type AccessLogSettings } from "../../model/log-format.ts";
import { onlyShard } from "../../model/delta.ts";
import type { ModelDelta } from "../../model/model.ts";
import { readLogFormat } from "../../model/read-log-format.ts";
import { compileLogLine, type LogHost, type LogLine } from "./log-line.ts";
import { compileLogSkip, type SkipsLog } from "./log-skip.ts";

export interface LineWriter {
  writeLine(line: string): void;
}

/** Where the lines may go. */
export type LogOutputs = Readonly<Record<Exclude<AccessLogSettings["target"], "off">, LineWriter>>;

/** ingress-nginx's `log-format-upstream`. */
const DEFAULT_LOG_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ' +
  "$request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr " +
  "$upstream_response_length $upstream_response_time $upstream_status $req_id";

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
    if (settings && settings.accessLog !== this.#settings) this.#configure(settings.accessLog);
  }

  #configure(settings: AccessLogSettings): void {
    const { target, format, escape } = settings;
    this.#settings = settings;
    this.#output = target === "off" ? null : this.#outputs[target];
    this.#line = compileLogLine(format ?? DEFAULT_PIECES, escape, this.#host);
    this.#skips = compileLogSkip(settings);
  }
}

const DEFAULT_PIECES = readLogFormat(DEFAULT_LOG_FORMAT).pieces;
