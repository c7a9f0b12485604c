import { decodeEscapes } from "./percent.ts";

/**
 * One step by which a backend turns what we forward into the path that it acts on. Every step returns its argument itself where there is
 * nothing for it to do, takes time linear in it, and keeps the leading slash.
 */
type Step = (path: string) => string;

/** As often as a reader likes, in any order. */
const FREE_STEPS: readonly Step[] = [
  cutParameters,
  mergeSlashes,
  resolveDots,
  resolveEncodedDots,
  slashBackslashes,
  cutQuery,
  dropLineBreaks,
  readOverlong,
];

/** Twice is what careless chains of proxies and frameworks do; nobody was seen to do it three times. */
const MAX_DECODINGS = 2;

/** More states or more text than this is no path of an application any more. */
const MAX_STATES = 96;
const MAX_TEXT = 64 * 1024;

/** How far a reader has come. */
interface State {
  readonly path: string;
  readonly decodings: number;
  /** True when an authority was taken off: that is done once, when a URL is parsed. */
  readonly cut: boolean;
}

/**
 * Every path that a backend could see in a forwarded one, itself included: by decoding it once or twice, cutting `;` parameters, merging
 * slashes, resolving dot segments, reading `//name` as an authority, `\` as `/` and so on, in every order. Null when there are too many
 * to look at. Its cost is bounded, and only who compares policies needs it.
 */
export function readingsOf(forwardedPath: string): readonly string[] | null {
  const found = new Readings();
  found.add({ path: forwardedPath, decodings: 0, cut: false });
  return found.follow() ? [...found.paths] : null;
}

class Readings {
  readonly paths = new Set<string>();
  readonly #states: State[] = [];
  readonly #seen = new Set<string>();
  #text = 0;

  add(state: State): void {
    const key = `${state.decodings}${state.cut ? "c" : ""}${state.path}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#states.push(state);
    this.paths.add(state.path);
    this.#text += state.path.length;
  }

  /** False when a bound was passed. */
  follow(): boolean {
    for (let i = 0; i < this.#states.length; i++) {
      if (i > MAX_STATES || this.#text > MAX_TEXT) return false;
      this.#followOne(this.#states[i] as State);
    }
    return true;
  }

  #followOne({ path, decodings, cut }: State): void {
    for (const step of FREE_STEPS) this.add({ path: step(path), decodings, cut });
    if (!cut && path.startsWith("//")) this.add({ path: cutAuthority(path), decodings, cut: true });
    if (decodings === MAX_DECODINGS) return;
    const decoded = decodeEscapes(path);
    if (decoded !== path) this.add({ path: decoded, decodings: decodings + 1, cut });
  }
}

/** As servlet containers do: `;name=value` belongs to its segment and is no part of the path. */
function cutParameters(path: string): string {
  return path.includes(";") ? path.replace(/;[^/]*/g, "") : path;
}

export function mergeSlashes(path: string): string {
  return path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
}

/** RFC 3986 §5.2.4 on text that is already decoded; an empty segment is one, climbing above the root stays at the root. */
export function resolveDots(path: string): string {
  return path.includes("/.") ? resolveSegments(path) : path;
}

/** WHATWG URL parsers take `%2e` for a dot in a segment of dots, and leave every other escape where it is. */
function resolveEncodedDots(path: string): string {
  if (!/%2e/i.test(path)) return path;
  const plain = path.replace(ENCODED_DOTS, (dots) => dots.replace(/%2e/gi, "."));
  return plain === path ? path : resolveSegments(plain);
}

/** Segments of nothing but one or two dots, encoded or not. */
const ENCODED_DOTS = /(?<=\/)(?:\.|%2e){1,2}(?=\/|$)/gi;

function resolveSegments(path: string): string {
  const out: string[] = [];
  const parts = path.slice(1).split("/");
  for (const [index, part] of parts.entries()) {
    if (part === "..") out.pop();
    if (part !== "." && part !== "..") out.push(part);
    // A dot segment at the end leaves the folder's own slash.
    else if (index === parts.length - 1) out.push("");
  }
  return `/${out.join("/")}`;
}

/** As URL parsers, IIS and all of Windows do. */
function slashBackslashes(path: string): string {
  return path.includes("\\") ? path.replaceAll("\\", "/") : path;
}

/** A reader that decodes first and takes the result for a URL, or for a C string. */
function cutQuery(path: string): string {
  const end = path.search(/[?#\0]/);
  return end === -1 ? path : path.slice(0, end);
}

/** WHATWG URL parsers leave out tabs and line breaks. */
function dropLineBreaks(path: string): string {
  return /[\t\n\r]/.test(path) ? path.replace(/[\t\n\r]/g, "") : path;
}

/** UTF-8 decoders that take an ASCII character in two or three bytes. */
function readOverlong(path: string): string {
  if (!/[\xc0\xc1\xe0]/.test(path)) return path;
  return path.replace(/[\xc0\xc1][\x80-\xbf]|\xe0[\x80\x81][\x80-\xbf]/g, (bytes) =>
    String.fromCharCode(
      ((bytes.charCodeAt(bytes.length - 2) & 0x1) << 6) | (bytes.charCodeAt(bytes.length - 1) & 0x3f),
    ),
  );
}

/** `//name/path` as a network-path reference (RFC 3986 §4.2); URL parsers skip all slashes before the name. */
function cutAuthority(path: string): string {
  const name = path.search(/[^/]/);
  const end = name === -1 ? -1 : path.indexOf("/", name);
  return end === -1 ? "/" : path.slice(end);
}
