import { err, ok, type Result } from "../lib/result.ts";
import { decodeEscapes, encodePath, encodeQuery, hasBrokenEscape } from "./percent.ts";
import { mergeSlashes } from "./readings.ts";

/** A request target, read once: what routing matches, and what an upstream receives. */
export interface TargetView {
  /** Percent-decoded, slashes merged, dot segments resolved; one character a byte. Starts with `/`. */
  readonly path: string;
  /** The query as it is forwarded, with its `?`; empty when there is none. */
  readonly query: string;
  /**
   * What an upstream receives when nothing rewrites the path: the bytes as sent, so that `%2F` and `//` survive. Two exceptions:
   * dot segments are resolved, and what RFC 3986 forbids is percent-encoded, bytes above ASCII and `\` among it.
   */
  readonly forwardTarget: string;
  /** True for ordinary paths: every reader sees `path`. False where `readingsOf` may know other ways. */
  readonly isPlain: boolean;
}

/** The path of `forwardTarget`. */
export function forwardedPath({ forwardTarget, query }: TargetView): string {
  return query === "" ? forwardTarget : forwardTarget.slice(0, -query.length);
}

/** A target that is refused before routing. */
interface TargetRefusal {
  readonly status: 400 | 414;
  /** Stable code for logs and metrics. */
  readonly code: string;
}

const MAX_TARGET = 8192;

/**
 * Normalises an origin-form target as nginx does for matching (decode, merge slashes, resolve dot segments) and refuses what
 * proxies and backends are known to read differently: `#`, control characters, `%00`, broken escapes, encoded slashes or a `\` beside dot
 * segments, `..;` and anything that climbs above the root.
 */
export function parseTarget(target: string): Result<TargetView, TargetRefusal> {
  if (target.length > MAX_TARGET) return err({ status: 414, code: "target-too-long" });
  if (target.charCodeAt(0) !== SLASH) return err({ status: 400, code: "target-not-origin-form" });
  const end = scan(target);
  if (end === SUSPECT) return parseSuspect(target);
  if (end === target.length) return ok({ path: target, query: "", forwardTarget: target, isPlain: true });
  return ok({ path: target.slice(0, end), query: target.slice(end), forwardTarget: target, isPlain: true });
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
const SUSPECT = -1;

/** Of every byte: needs no second look in the path of an ordinary target. */
const PLAIN_IN_PATH = new Uint8Array(256);
/** The same in a query. */
const PLAIN_IN_QUERY = new Uint8Array(256);
for (let code = 0x21; code < 0x7f; code++) {
  PLAIN_IN_QUERY[code] = `#"<>\\^\`{}|`.includes(String.fromCharCode(code)) ? 0 : 1;
  PLAIN_IN_PATH[code] = "%;".includes(String.fromCharCode(code)) ? 0 : (PLAIN_IN_QUERY[code] ?? 0);
}

/** Where the path of an ordinary target ends; `SUSPECT` when it needs the slow reading (or refusal). */
function scan(target: string): number {
  let previous = 0;
  let i = 0;
  for (; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === QUESTION) break;
    if (code > 255 || PLAIN_IN_PATH[code] !== 1) return SUSPECT;
    // `//` and a dot after a slash are the beginnings of what needs resolving.
    if (previous === SLASH && (code === SLASH || code === 0x2e)) return SUSPECT;
    previous = code;
  }
  const end = i;
  for (; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code > 255 || PLAIN_IN_QUERY[code] !== 1) return SUSPECT;
  }
  return end;
}

function parseSuspect(target: string): Result<TargetView, TargetRefusal> {
  const question = target.indexOf("?");
  const raw = question === -1 ? target : target.slice(0, question);
  const query = question === -1 ? "" : encodeQuery(target.slice(question));
  const refusal = findForbidden(target) ?? (hasBrokenEscape(raw) ? "bad-escape" : null);
  if (refusal !== null) return err({ status: 400, code: refusal });
  const segments = resolveSegments(raw);
  if (!segments.ok) return err({ status: 400, code: segments.error });
  const { decoded, kept, climbed } = segments.value;
  const path = mergeSlashes(`/${decoded.join("/")}`);
  const forwarded = encodePath(climbed ? `/${kept.join("/")}` : raw);
  const isPlain = forwarded === path && !path.includes(";");
  return ok({ path, query, forwardTarget: forwarded + query, isPlain });
}

function findForbidden(target: string): string | null {
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === 0x23) return "fragment";
    if (code <= 0x20 || code === 0x7f || code > 255) return "bad-character";
  }
  return null;
}

interface Segments {
  /** Decoded segments after resolution. */
  readonly decoded: readonly string[];
  /** The same segments as sent. */
  readonly kept: readonly string[];
  /** True when a dot segment was resolved. */
  readonly climbed: boolean;
}

function resolveSegments(raw: string): Result<Segments> {
  const decoded: string[] = [];
  const kept: string[] = [];
  let climbed = false;
  const parts = raw.slice(1).split("/");
  for (const [index, part] of parts.entries()) {
    const text = decodeEscapes(part);
    if (text.includes("\0")) return err("nul-escape");
    if (hidesDotSegment(text)) return err("hidden-dot-segment");
    if (text !== "." && text !== "..") {
      decoded.push(text);
      kept.push(part);
      continue;
    }
    climbed = true;
    if (text === ".." && !climb(decoded, kept)) return err("above-root");
    // A dot segment at the end leaves the folder's own slash.
    if (index === parts.length - 1) {
      decoded.push("");
      kept.push("");
    }
  }
  return ok({ decoded, kept, climbed });
}

/** Leaves the innermost folder; empty segments are not folders, as `//` means `/`. */
function climb(decoded: string[], kept: string[]): boolean {
  while (decoded.at(-1) === "") {
    decoded.pop();
    kept.pop();
  }
  kept.pop();
  return decoded.pop() !== undefined;
}

/** A dot segment beside an encoded slash, a backslash or a path parameter: some backends resolve it there, and we would not. */
function hidesDotSegment(segment: string): boolean {
  if (!segment.includes(".")) return false;
  return segment.split(/[/\\]/).some((part) => {
    const name = part.split(";", 1)[0];
    return (name === "." || name === "..") && name !== segment;
  });
}
