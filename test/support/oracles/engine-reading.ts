import { BodyReader } from "../../../src/wire/http1/body-reader.ts";
import { HeadReader } from "../../../src/wire/http1/head-reader.ts";
import { InputBuffer } from "../../../src/wire/socket/input-buffer.ts";
import { RequestSource } from "../../../src/wire/http1/request-source.ts";
import { ResponseHeadParser } from "../../../src/wire/http1/response-head.ts";
import { InterimBudget } from "../../../src/wire/http/interim-budget.ts";
import { responseFraming } from "../../../src/wire/http1/response-rules.ts";
import type { OracleRequest } from "./request-oracle.ts";
import type { OracleResponse } from "./response-oracle.ts";

/** What the engine's parsers make of a client's bytes. */
export interface EngineRequests {
  readonly messages: readonly OracleRequest[];
  readonly end: "done" | "closed" | "partial" | "refused";
  /** Of a refused one. */
  readonly status: number;
}

/** Feeds pieces of bytes to the request parsers as a connection does, without a socket. */
export function readRequestsByEngine(pieces: readonly string[]): EngineRequests {
  const source = new RequestSource({ underscoresInHeaders: true });
  const messages: OracleRequest[] = [];
  const state = { inBody: false, body: "", status: 0, closed: false };
  for (const piece of pieces) {
    if (state.status !== 0 || state.closed) break;
    source.input.receive(Buffer.from(piece, "latin1"), piece.length);
    while (stepRequests(source, messages, state));
  }
  if (state.status !== 0) return { messages, end: "refused", status: state.status };
  if (state.closed) return { messages, end: "closed", status: 0 };
  return { messages, end: state.inBody || source.headBegun ? "partial" : "done", status: 0 };
}

interface RequestState {
  inBody: boolean;
  body: string;
  status: number;
  closed: boolean;
}

function stepRequests(source: RequestSource, messages: OracleRequest[], state: RequestState): boolean {
  const { input, body } = source;
  if (!state.inBody) {
    const head = source.readHead();
    if (head === null) return false;
    state.status = head.error?.status ?? 0;
    if (state.status !== 0 || !head.done) return false;
    source.openBody();
    state.inBody = true;
    state.body = "";
    return true;
  }
  if (body.done) {
    const { parser } = source;
    const { method, target, authority, http10, fields } = parser;
    messages.push({ method, target, authority, http10, fields: [...fields.headers].map(lower), body: state.body });
    state.inBody = false;
    state.closed = !parser.persistent;
    source.next();
    return !state.closed;
  }
  if (input.length === 0) return false;
  state.body += body.read(input)?.toString("latin1") ?? "";
  state.status = body.error?.status ?? 0;
  return state.status === 0;
}

function lower([name, value]: readonly [string, string]): readonly [string, string] {
  return [name.toLowerCase(), value];
}

/** Feeds an endpoint's bytes to the response parsers as a connection does; afterwards the endpoint ends its side. */
export function readResponseByEngine(pieces: readonly string[], method: string): OracleResponse {
  const input = new InputBuffer();
  const parser = new ResponseHeadParser();
  const head = new HeadReader(parser);
  const body = new BodyReader("read");
  const interim = new InterimBudget();
  const result = { kind: "bad", status: 0, body: "", complete: false, fields: [] as (readonly [string, string])[] };
  const state = { refused: false };
  parser.start();
  const step = (): boolean => {
    if (result.kind === "answer") {
      if (body.done || body.error !== null || input.length === 0) return false;
      result.body += body.read(input)?.toString("latin1") ?? "";
      return body.error === null;
    }
    if (input.length > 0) head.read(input);
    state.refused = head.error !== null || (head.done && parser.status === 101);
    if (state.refused || !head.done) return false;
    if (parser.status < 200) {
      state.refused = !interim.spend(head.headBytes);
      parser.start();
      head.start();
      return !state.refused;
    }
    const framing = responseFraming(method, parser);
    body.start(framing, framing === "length" ? parser.fields.contentLength : -1);
    result.kind = "answer";
    result.status = parser.status;
    result.fields = [...parser.fields.headers].map(lower);
    return true;
  };
  for (const piece of pieces) {
    input.receive(Buffer.from(piece, "latin1"), piece.length);
    while (!state.refused && step());
  }
  if (result.kind === "bad") return { kind: "bad" };
  const complete = body.error === null && (body.done || body.endsWithConnection);
  const { status, fields } = result;
  return { kind: "answer", status, fields, body: result.body, complete, spoilt: complete && input.length > 0 };
}
