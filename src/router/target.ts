import { err, ok, type Result } from "../lib/result.ts";
import { encodePath, hexValue } from "./percent.ts";

/** A request target, read once: what routing matches, what an upstream receives, and how else it could be read. */
export interface TargetView {
  /** Percent-decoded, slashes merged, dot segments resolved; one character a byte. Starts with `/`. */
  readonly path: string;
  /** The query as sent, with its `?`; empty when there is none. */
  readonly query: string;
  /**
   * What an upstream receives when nothing rewrites the path: the bytes as sent, so that `%2F` and `//` survive. Two exceptions:
   * dot segments are resolved, and characters that RFC 3986 forbids in a path are percent-encoded.
   */
  readonly forwardTarget: string;
  /**
   * Other ways a backend might read the forwarded path (decoded twice, `;` parameters cut, slashes not merged …), for the check
   * that none of them reaches a route with another access policy. Empty for ordinary paths.
   */
  readonly otherViews: readonly string[];
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
 * proxies and backends are known to read differently: `\`, `#`, `%00`, broken escapes, encoded slashes beside dot segments,
 * `..;` and anything that climbs above the root.
 */
export function parseTarget(target: string): Result<TargetView, TargetRefusal> {
  if (target.length > MAX_TARGET) return err({ status: 414, code: "target-too-long" });
  if (target.charCodeAt(0) !== SLASH) return err({ status: 400, code: "target-not-origin-form" });
  const end = scan(target);
  if (end === SUSPECT) return parseSuspect(target);
  if (end === target.length) return ok({ path: target, query: "", forwardTarget: target, otherViews: NONE });
  return ok({ path: target.slice(0, end), query: target.slice(end), forwardTarget: target, otherViews: NONE });
}

const NONE: readonly string[] = [];
const SLASH = 0x2f;
const QUESTION = 0x3f;
const SUSPECT = -1;

/** 1: fine anywhere in a path; 2: forbidden in any target; 0: needs the slow reading. */
const CLASS = new Uint8Array(256);
for (let code = 0x21; code < 0x7f; code++) CLASS[code] = 1;
for (const character of `%;"<>^\`{}|`) CLASS[character.charCodeAt(0)] = 0;
for (let code = 0; code < 256; code++) if (code <= 0x20 || code >= 0x7f) CLASS[code] = 2;
for (const character of "\\#") CLASS[character.charCodeAt(0)] = 2;

/** Where the path of an ordinary target ends; `SUSPECT` when it needs the slow reading (or refusal). */
function scan(target: string): number {
  let previous = 0;
  let i = 0;
  for (; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === QUESTION) break;
    if (code > 255 || CLASS[code] !== 1) return SUSPECT;
    // `//` and a dot after a slash are the beginnings of what needs resolving.
    if (previous === SLASH && (code === SLASH || code === 0x2e)) return SUSPECT;
    previous = code;
  }
  const end = i;
  for (; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code > 255 || CLASS[code] === 2) return SUSPECT;
  }
  return end;
}

function parseSuspect(target: string): Result<TargetView, TargetRefusal> {
  const question = target.indexOf("?");
  const raw = question === -1 ? target : target.slice(0, question);
  const query = question === -1 ? "" : target.slice(question);
  const forbidden = findForbidden(target);
  if (forbidden !== null) return err({ status: 400, code: forbidden });
  const segments = resolveSegments(raw);
  if (!segments.ok) return err({ status: 400, code: segments.error });
  const { decoded, kept, climbed } = segments.value;
  const path = mergeSlashes(`/${decoded.join("/")}`);
  const forwarded = encodePath(climbed ? `/${kept.join("/")}` : raw);
  return ok({ path, query, forwardTarget: forwarded + query, otherViews: readOtherwise(forwarded, path) });
}

function findForbidden(target: string): string | null {
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code > 255 || CLASS[code] === 2)
      return code === 0x5c ? "backslash" : code === 0x23 ? "fragment" : "bad-character";
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
    const text = part.includes("%") ? decode(part) : part;
    if (text === null) return err("bad-escape");
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

function mergeSlashes(path: string): string {
  return path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
}

/** One decoding; null when an escape is broken. */
function decode(text: string): string | null {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 0x25) {
      out += text[i];
      continue;
    }
    const value = hexValue(text.charCodeAt(i + 1)) * 16 + hexValue(text.charCodeAt(i + 2));
    if (Number.isNaN(value)) return null;
    out += String.fromCharCode(value);
    i += 2;
  }
  return out;
}

/** Every other path that a backend could see in what we forward; without those equal to `path`. */
function readOtherwise(forwarded: string, path: string): readonly string[] {
  const once = decode(forwarded) ?? forwarded;
  const twice = decode(once) ?? once;
  const views = new Set([forwarded, once, mergeSlashes(forwarded)]);
  for (const view of [once, twice]) {
    const plain = resolveDots(view.replaceAll("\\", "/"));
    views.add(plain);
    views.add(plain.replace(/;[^/]*/g, ""));
  }
  views.delete(path);
  return [...views];
}

/** RFC 3986 §5.2.4 on text that is already decoded; climbing above the root stays at the root. */
export function resolveDots(path: string): string {
  const out: string[] = [];
  const parts = path.split("/").filter((part, index, all) => part !== "" || index === all.length - 1);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === "..") out.pop();
    if (part === "." || part === "..") {
      if (last) out.push("");
      continue;
    }
    out.push(part);
  }
  return `/${out.join("/")}`;
}
