import type { FinishedExchange } from "../../model/finished-exchange.ts";
import type { LogEscape, LogPiece, LogVariable } from "../../model/log-format.ts";
import { LocalTime } from "../text/local-time.ts";
import { escapeControls, escapeJsonText, escapeLogText } from "../text/log-escape.ts";
import { LOG_VALUES, memberValue, seconds, type LogValue } from "./log-values.ts";

/** One line for one request, without its line feed. */
export type LogLine = (exchange: FinishedExchange) => string;

/** What the lines say of the machine and the process. */
export interface LogHost {
  readonly hostname: string;
  readonly processId: number;
}

type Piece = (exchange: FinishedExchange) => string;

const ESCAPE: Readonly<Record<LogEscape, (text: string) => string>> = {
  default: escapeLogText,
  json: escapeJsonText,
  none: escapeControls,
};

/** What nginx writes for an unset variable. */
const UNSET: Readonly<Record<LogEscape, string>> = { default: "-", json: "", none: "" };

/** The format as a function. Times are those of the end of the request, as in nginx. */
export function compileLogLine(format: readonly LogPiece[], escape: LogEscape, host: LogHost): LogLine {
  const pieces = format.map((piece) => compilePiece(piece, escape, host));
  return (exchange) => {
    let line = "";
    for (let i = 0; i < pieces.length; i++) line += (pieces[i] as Piece)(exchange);
    return line;
  };
}

function compilePiece(piece: LogPiece, escape: LogEscape, host: LogHost): Piece {
  switch (piece.kind) {
    case "text":
      return () => piece.text;
    case "unset":
      return () => UNSET[escape];
    case "member":
      return escaped(memberValue(piece.family, piece.name), escape);
    case "variable":
      return compileVariable(piece.name, escape, host);
    default:
      return piece satisfies never;
  }
}

function compileVariable(name: LogVariable, escape: LogEscape, host: LogHost): Piece {
  if (name === "time_local" || name === "time_iso8601") {
    const time = new LocalTime(name);
    return (exchange) => time.format(endMs(exchange));
  }
  if (name === "msec") return (exchange) => seconds(endMs(exchange));
  if (name === "request") return requestLine(escape);
  if (name === "hostname" || name === "pid") {
    const text = name === "pid" ? String(host.processId) : host.hostname;
    return () => text;
  }
  const [origin, value] = LOG_VALUES[name];
  const unset = UNSET[escape];
  return origin === "client" ? escaped(value, escape) : (exchange) => value(exchange) ?? unset;
}

/** Escaped piece by piece: to put it together first would cost a copy. */
function requestLine(escape: LogEscape): Piece {
  const clean = ESCAPE[escape];
  const unset = UNSET[escape];
  return ({ method, target, httpVersion, requestLine: sent }) => {
    if (sent !== "") return clean(sent);
    return method === "" ? unset : `${clean(method)} ${clean(target)} HTTP/${httpVersion}`;
  };
}

function escaped(value: LogValue, escape: LogEscape): Piece {
  const clean = ESCAPE[escape];
  const unset = UNSET[escape];
  return (exchange) => {
    const text = value(exchange);
    return text === null ? unset : clean(text);
  };
}

function endMs({ startedAtMs, durationMs }: FinishedExchange): number {
  return startedAtMs + durationMs;
}
