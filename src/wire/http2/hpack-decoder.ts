import { FIELD_TEXT, HTAB, SP, spanOf, TOKEN } from "../http/characters.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_TABLE } from "./hpack-static.ts";

/**
 * The result of decoding a header block. `broken`: the decoder's state is lost, and with it the connection. `malformed`: a field that no
 * message may have. `too-large`: too many fields or bytes, the rest was read but not kept.
 */
export type BlockVerdict = "ok" | "malformed" | "too-large" | "broken";

export interface BlockLimits {
  /** All crumbs of a cookie are one. */
  readonly fields: number;
  /** As HTTP/1.1 would write them: name, value, and 4 bytes for each field; 2 for each further crumb of a cookie. */
  readonly bytes: number;
}

/** What we tell peers: their table may be as large as the protocol's default. */
const TABLE_LIMIT_BYTES = 4096;
const ENTRY_OVERHEAD_BYTES = 32;
const LINE_OVERHEAD_BYTES = 4;
const CRUMB_SEPARATOR = "; ";
const STATIC_COUNT = STATIC_TABLE.length;
/** No honest number needs more bytes: 2^28 and above. */
const MAX_SHIFT = 28;

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly bytes: number;
  readonly valid: boolean;
}

const COOKIE = "cookie";
const NO_CRUMBS: string[] = [];

const STATIC_ENTRIES: readonly Entry[] = STATIC_TABLE.map(([name, value]) => buildEntry(name, value));

/** Reads the header blocks of one connection in order (RFC 7541). Indexed fields are judged once, when they enter the table. */
export class HpackDecoder {
  readonly #limits: BlockLimits;
  /** Oldest first; what is before `#first` was evicted. */
  #entries: Entry[] = [];
  #first = 0;
  #tableBytes = 0;
  #tableLimit = TABLE_LIMIT_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #broken = false;
  #fields: string[] = [];
  #listBytes = 0;
  /** Where the value of the cookie stands among the fields; -1 without one. */
  #cookieAt = -1;
  #crumbs: string[] = NO_CRUMBS;
  #verdict: BlockVerdict = "ok";

  constructor(limits: BlockLimits) {
    this.#limits = limits;
  }

  /** Names and values of the last block, in turns; the crumbs of a cookie joined (RFC 9113 §8.2.3). */
  get fields(): readonly string[] {
    return this.#fields;
  }

  decode(block: Buffer): BlockVerdict {
    this.#block = block;
    this.#at = 0;
    this.#fields = [];
    this.#listBytes = 0;
    this.#cookieAt = -1;
    this.#verdict = "ok";
    let started = false;
    while (this.#at < block.length && !this.#broken) {
      const first = block[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (started) this.#broken = true;
        else this.#resize(this.#integer(5));
        continue;
      }
      started = true;
      if ((first & 0x80) !== 0) this.#keep(this.#entry(this.#integer(7)));
      else if ((first & 0xc0) === 0x40) this.#insert(this.#literal(6));
      else this.#keep(this.#literal(4));
    }
    if (this.#crumbs.length > 0) this.#joinCrumbs();
    return this.#broken ? "broken" : this.#verdict;
  }

  #keep(entry: Entry | null): void {
    if (entry === null) {
      this.#broken = true;
      return;
    }
    const { name, value } = entry;
    const isCrumb = this.#cookieAt !== -1 && name === COOKIE;
    this.#listBytes += value.length + (isCrumb ? CRUMB_SEPARATOR.length : name.length + LINE_OVERHEAD_BYTES);
    const isFull = !isCrumb && this.#fields.length >= this.#limits.fields * 2;
    if (isFull || this.#listBytes > this.#limits.bytes) {
      this.#verdict = "too-large";
      return;
    }
    if (!entry.valid && this.#verdict === "ok") this.#verdict = "malformed";
    if (isCrumb) {
      this.#crumb(value);
      return;
    }
    if (name === COOKIE) this.#cookieAt = this.#fields.length + 1;
    this.#fields.push(name, value);
  }

  /** Pieces are joined once: a string that grows crumb by crumb holds on to a tree of all of them. */
  #crumb(value: string): void {
    if (this.#crumbs.length === 0) this.#crumbs = [this.#fields[this.#cookieAt] as string];
    this.#crumbs.push(value);
  }

  #joinCrumbs(): void {
    this.#fields[this.#cookieAt] = this.#crumbs.join(CRUMB_SEPARATOR);
    this.#crumbs = NO_CRUMBS;
  }

  #insert(entry: Entry | null): void {
    this.#keep(entry);
    if (entry === null) return;
    this.#tableBytes += entry.bytes;
    this.#entries.push(entry);
    this.#evict();
  }

  #resize(limit: number): void {
    if (limit < 0 || limit > TABLE_LIMIT_BYTES) {
      this.#broken = true;
      return;
    }
    this.#tableLimit = limit;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableLimit) {
      this.#tableBytes -= this.#entries[this.#first]?.bytes ?? 0;
      this.#first++;
    }
    if (this.#first < 128) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  #entry(index: number): Entry | null {
    if (index <= 0) return null;
    if (index <= STATIC_COUNT) return STATIC_ENTRIES[index - 1] ?? null;
    const at = this.#entries.length - (index - STATIC_COUNT);
    return at < this.#first ? null : (this.#entries[at] ?? null);
  }

  #literal(prefixBits: number): Entry | null {
    const index = this.#integer(prefixBits);
    if (index < 0) return null;
    const name = index === 0 ? this.#text() : (this.#entry(index)?.name ?? null);
    const value = name === null ? null : this.#text();
    return name === null || value === null ? null : buildEntry(name, value);
  }

  #text(): string | null {
    if (this.#at >= this.#block.length) return null;
    const isHuffman = ((this.#block[this.#at] as number) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (length < 0 || end > this.#block.length) return null;
    this.#at = end;
    return isHuffman ? decodeHuffman(this.#block, start, end) : this.#block.toString("latin1", start, end);
  }

  /** An integer whose first bits are in the current byte (RFC 7541 §5.1); -1 and a broken block when it does not end. */
  #integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let value = (this.#block[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < MAX_SHIFT; shift += 7) {
      if (this.#at >= this.#block.length) break;
      const byte = this.#block[this.#at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    this.#broken = true;
    return -1;
  }
}

function buildEntry(name: string, value: string): Entry {
  const valid = isName(name) && isValue(value);
  return { name, value, bytes: name.length + value.length + ENTRY_OVERHEAD_BYTES, valid };
}

/** A token without capitals; pseudo-headers begin with a colon (RFC 9113 §8.2.1). */
function isName(name: string): boolean {
  const start = name.startsWith(":") ? 1 : 0;
  if (name.length === start || spanOf(TOKEN, name, start, name.length) < name.length) return false;
  return name === name.toLowerCase();
}

/** No control characters, and no white space at the ends. */
function isValue(value: string): boolean {
  if (value === "") return true;
  if (spanOf(FIELD_TEXT, value, 0, value.length) < value.length) return false;
  return !isSpace(value.charCodeAt(0)) && !isSpace(value.charCodeAt(value.length - 1));
}

function isSpace(code: number): boolean {
  return code === SP || code === HTAB;
}
