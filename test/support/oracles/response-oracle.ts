import { readChunkedBody } from "./chunked-oracle.ts";

/** An endpoint's answer as a second reader understands it, which shares no code with the engine. */
export type OracleResponse =
  /** No final head that could be passed on. */
  | { readonly kind: "bad" }
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Lower-case names, all of them. */
      readonly fields: readonly (readonly [name: string, value: string])[];
      readonly body: string;
      /** False: the endpoint ended before its body did, or framed it wrongly. */
      readonly complete: boolean;
      /** The endpoint said more than its answer. */
      readonly spoilt: boolean;
    };

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;
const BAD: OracleResponse = { kind: "bad" };
const HEAD_LIMIT_BYTES = 65_536;

/** Reads everything an endpoint sent in answer to one request without an upgrade, before it ended its side. */
export function readResponse(text: string, method: string): OracleResponse {
  let rest = text;
  let interimBytes = 0;
  for (let interim = 0; ; interim++) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1 || countedBytes(rest.slice(0, headEnd + 4)) > HEAD_LIMIT_BYTES) return BAD;
    const head = readHead(rest.slice(0, headEnd));
    rest = rest.slice(headEnd + 4);
    if (head === null || head.status === 101) return BAD;
    if (head.status >= 200) return readFinal(head, rest, method);
    interimBytes += headEnd + 4;
    if (interim === 8 || interimBytes > HEAD_LIMIT_BYTES) return BAD;
    if (head.http10 || head.chunked || head.length > 0) return BAD;
  }
}

/** A field counts as 16 bytes at least. */
function countedBytes(head: string): number {
  const fields = head.slice(0, -4).split("\r\n").slice(1);
  return fields.reduce((bytes, field) => bytes + Math.max(0, 14 - field.length), head.length);
}

interface Head {
  readonly status: number;
  readonly http10: boolean;
  readonly fields: readonly (readonly [string, string])[];
  /** -1: not declared. */
  readonly length: number;
  readonly chunked: boolean;
}

function readHead(text: string): Head | null {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const start = STATUS_LINE.exec(statusLine);
  const fields = lines.map((line) => FIELD.exec(line));
  if (start === null || fields.includes(null)) return null;
  const pairs = fields.map((match) => [(match?.[1] ?? "").toLowerCase(), trimmed(match?.[2] ?? "")] as const);
  const all = (name: string): string[] => pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  const [lengths, codings] = [all("content-length"), all("transfer-encoding")];
  const http10 = start[1] === "0";
  if (lengths.length + codings.length > 1 || all("host").length > 1) return null;
  if (lengths.some((length) => !/^\d{1,15}$/.test(length))) return null;
  if (codings.some((coding) => http10 || coding.toLowerCase() !== "chunked")) return null;
  const length = lengths[0] === undefined ? -1 : Number(lengths[0]);
  return { status: Number(start[2]), http10, fields: pairs, length, chunked: codings.length > 0 };
}

function trimmed(value: string): string {
  return value.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
}

function readFinal(head: Head, text: string, method: string): OracleResponse {
  const { status, fields } = head;
  const answer = (body: string, complete: boolean, bytes: number): OracleResponse => {
    return { kind: "answer", status, fields, body, complete, spoilt: complete && bytes < text.length };
  };
  if (method === "HEAD" || status === 204 || status === 304) return answer("", true, 0);
  if (head.chunked) {
    const body = readChunkedBody(text, "response");
    return answer(body.content, body.end === null, body.length);
  }
  if (head.length === -1) return answer(text, true, text.length);
  return answer(text.slice(0, head.length), text.length >= head.length, head.length);
}
