import { parseAuthority } from "../../../src/lib/host-name.ts";
import { readChunkedBody } from "./chunked-oracle.ts";

/** A request as a second reader of the bytes, which shares no code with the engine, understands it. */
export interface OracleRequest {
  readonly method: string;
  /** Origin-form, or `*`. */
  readonly target: string;
  readonly authority: string;
  readonly http10: boolean;
  /** Lower-case names, all of them. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * How the reading ended: after whole messages (`done`), at a message after which the client wants no other (`closed`), inside a
 * message that may go on (`partial`), at one that is wrong (`refused`), or at an unfinished one of which this reader does not say
 * whether it can still become right (`unsure`).
 */
export type OracleEnd = "done" | "closed" | "partial" | "refused" | "unsure";

export interface OracleReading {
  /** Complete and correct ones, in order. */
  readonly messages: readonly OracleRequest[];
  /** The bytes of each of them. */
  readonly parts: readonly string[];
  readonly end: OracleEnd;
  /** Of a refused one: every status that one of its faults earns. */
  readonly statuses: ReadonlySet<number>;
  /** The head of the last, unfinished or wrong message was correct. */
  readonly unfinished: OracleRequest | null;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
const KNOWN_CODING = /^[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*(?:;[^,]*)?$/;

/** Reads everything a client has sent on a connection, by the rules of RFC 9112 and the limits of the engine. */
export function readRequests(text: string): OracleReading {
  const messages: OracleRequest[] = [];
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    const part = readOne(rest);
    const { end, statuses, unfinished } = part;
    if (part.message === null) return { messages, parts, end, statuses, unfinished };
    messages.push(part.message);
    parts.push(rest.slice(0, part.length));
    rest = rest.slice(part.length);
    if (!part.persistent) return { messages, parts, end: "closed", statuses: NONE, unfinished: null };
  }
}

interface Part {
  readonly message: OracleRequest | null;
  readonly length: number;
  readonly persistent: boolean;
  readonly end: OracleEnd;
  readonly statuses: ReadonlySet<number>;
  readonly unfinished: OracleRequest | null;
}

const NONE: ReadonlySet<number> = new Set();

function ended(end: OracleEnd, statuses: ReadonlySet<number> = NONE, unfinished: OracleRequest | null = null): Part {
  return { message: null, length: 0, persistent: false, end, statuses, unfinished };
}

function readOne(text: string): Part {
  const blank = /^(?:\r\n){0,2}/.exec(text)?.[0].length ?? 0;
  const start = text.slice(blank);
  if (start === "") return ended("done");
  if (start.startsWith("\r\n")) return ended("refused", new Set([400]));
  const headEnd = start.indexOf("\r\n\r\n");
  if (headEnd === -1) return judgePartialHead(start);
  const head = readHead(start.slice(0, headEnd), blank);
  if (head.faults.size > 0) return ended("refused", head.faults);
  const body = readBody(head, start.slice(headEnd + 4));
  if (body.end !== null) return ended(body.end, body.statuses, head.request);
  return {
    message: { ...head.request, body: body.content },
    length: blank + headEnd + 4 + body.length,
    persistent: head.persistent,
    end: "done",
    statuses: NONE,
    unfinished: null,
  };
}

/** Whether a head that lacks its end is beyond hope already is left open, except where everything so far is right. */
function judgePartialHead(start: string): Part {
  const lineEnd = start.lastIndexOf("\r\n");
  const last = start.slice(lineEnd + 2);
  const isRightSoFar =
    lineEnd > 0 &&
    readHead(start.slice(0, lineEnd), 0).faults.size === 0 &&
    FIELD_TEXT.test(last) &&
    start.length < 8000;
  return ended(isRightSoFar ? "partial" : "unsure", EARLY);
}

/** What an unfinished head may be refused with. */
const EARLY: ReadonlySet<number> = new Set([400, 405, 414, 417, 431, 501, 505]);

interface Head {
  readonly request: OracleRequest;
  readonly faults: ReadonlySet<number>;
  readonly persistent: boolean;
  readonly chunked: boolean;
  readonly length: number;
}

function readHead(text: string, blankBytes: number): Head {
  const faults = new Set<number>();
  const [startLine = "", ...lines] = text.split("\r\n");
  if (/[\r\n]/.test(text.replaceAll("\r\n", ""))) faults.add(400);
  const first = readStartLine(startLine, faults);
  const fields = lines.map((line) => readField(line, faults));
  const surplus = lines.reduce((bytes, line) => bytes + Math.max(0, 14 - line.length), 0);
  if (text.length + 4 + blankBytes + surplus > 32_768) faults.add(431);
  const all = (name: string): string[] => fields.filter((field) => field[0] === name).map((field) => field[1]);
  const framing = readFraming(all("content-length"), all("transfer-encoding"), first.http10, faults);
  const authority = readHost(all("host"), first, faults);
  const expect = all("expect");
  if (!first.http10 && expect.length > 0 && (expect.length > 1 || expect[0]?.toLowerCase() !== "100-continue"))
    faults.add(417);
  const options = all("connection").flatMap((value) => value.split(",").map((option) => option.trim().toLowerCase()));
  const persistent = !options.includes("close") && (!first.http10 || options.includes("keep-alive"));
  const { method, target, http10 } = first;
  return { request: { method, target, authority, http10, fields, body: "" }, faults, persistent, ...framing };
}

interface StartLine {
  readonly method: string;
  readonly target: string;
  readonly http10: boolean;
  /** Of an absolute-form target. */
  readonly absolute: { readonly authority: string; readonly port: number } | null;
}

function readStartLine(line: string, faults: Set<number>): StartLine {
  const parts = line.split(" ");
  const [method = "", target = "", version = ""] = parts;
  if (parts.length !== 3 || !TOKEN.test(method) || method.length > 32) faults.add(400);
  if (["TRACE", "TRACK", "CONNECT"].includes(method)) faults.add(405);
  if (target.length > 8192 || line.length + 2 > 32 + 8192 + 12) faults.add(414);
  if (!/^[\x21-\x7e\x80-\xff]+$/.test(target)) faults.add(400);
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0") faults.add(505);
  const http10 = version === "HTTP/1.0";
  if (target.startsWith("/")) return { method, target, http10, absolute: null };
  if (target === "*" && method === "OPTIONS") return { method, target, http10, absolute: null };
  const match = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(target);
  if (match === null || !parseAuthority(match[2] ?? "").ok) faults.add(400);
  const port = match?.[1]?.toLowerCase() === "https" ? 443 : 80;
  const rest = match?.[3] ?? "";
  const origin = rest === "" ? (method === "OPTIONS" ? "*" : "/") : rest.startsWith("/") ? rest : `/${rest}`;
  return { method, target: origin, http10, absolute: { authority: match?.[2] ?? "", port } };
}

function readField(line: string, faults: Set<number>): readonly [string, string] {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon));
  const value = line
    .slice(colon + 1)
    .replace(/^[ \t]+/, "")
    .replace(/[ \t]+$/, "");
  if (colon === -1 || !TOKEN.test(name) || !FIELD_TEXT.test(value)) faults.add(400);
  if (line.length + 2 > 16_384) faults.add(431);
  return [name.toLowerCase(), value];
}

function readFraming(
  lengths: readonly string[],
  codings: readonly string[],
  http10: boolean,
  faults: Set<number>,
): { readonly chunked: boolean; readonly length: number } {
  if (lengths.length > 1 || codings.length > 1 || (lengths.length > 0 && codings.length > 0)) faults.add(400);
  if (lengths.some((value) => !/^\d{1,15}$/.test(value))) faults.add(400);
  if (codings.length > 0 && http10) faults.add(400);
  for (const coding of codings) {
    if (coding.toLowerCase() === "chunked") continue;
    faults.add(coding.split(",").every((part) => KNOWN_CODING.test(part)) ? 501 : 400);
  }
  return { chunked: codings.length > 0, length: Number(lengths[0] ?? "0") };
}

function readHost(hosts: readonly string[], start: StartLine, faults: Set<number>): string {
  const [host] = hosts;
  if (hosts.length > 1 || (host === undefined && !start.http10)) faults.add(400);
  if (host === undefined) return start.absolute?.authority ?? "";
  const parsed = parseAuthority(host);
  if (!parsed.ok) {
    faults.add(400);
    return host;
  }
  if (start.absolute === null) return host;
  const named = parseAuthority(start.absolute.authority);
  const { port } = start.absolute;
  const same =
    named.ok && named.value.host === parsed.value.host && (named.value.port ?? port) === (parsed.value.port ?? port);
  if (!same) faults.add(400);
  return host;
}

interface Body {
  readonly content: string;
  readonly length: number;
  /** Null: complete. */
  readonly end: "partial" | "refused" | "unsure" | null;
  readonly statuses: ReadonlySet<number>;
}

function readBody(head: Head, text: string): Body {
  if (head.chunked) return readChunkedBody(text, "request");
  const { length } = head;
  if (text.length < length) return { content: text, length: 0, end: "partial", statuses: NONE };
  return { content: text.slice(0, length), length, end: null, statuses: NONE };
}
