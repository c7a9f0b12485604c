import { FLAG } from "./frames.ts";

/** Twice what fields may have, so that too many of them are read to their end, and answered. */
const BLOCK_LIMIT_BYTES = 65_536;
const CONTINUATION_LIMIT = 8;
/** What HEADERS may have before the fields, and the whole of PRIORITY. */
export const PRIORITY_BYTES = 5;

/** A header block while its frames arrive. Nothing else may come in between (RFC 9113 §6.10). */
export class HeaderBlock {
  /** 0: no block is open. */
  streamId = 0;
  endsStream = false;
  /** It says that the stream depends on itself (RFC 7540 §5.3.1). */
  selfDependent = false;
  #parts: Buffer[] = [];
  #bytes = 0;
  #continuations = 0;

  /** False when padding or priority do not fit into the payload of HEADERS. */
  open(streamId: number, flags: number, payload: Buffer): boolean {
    const content = withoutPadding(flags, payload);
    const prioritized = (flags & FLAG.priority) !== 0;
    if (content === null || (prioritized && content.length < PRIORITY_BYTES)) return false;
    const fragment = prioritized ? content.subarray(PRIORITY_BYTES) : content;
    this.streamId = streamId;
    this.endsStream = (flags & FLAG.endStream) !== 0;
    this.selfDependent = prioritized && dependencyOf(content) === streamId;
    this.#parts = [fragment];
    this.#bytes = fragment.length;
    this.#continuations = 0;
    return true;
  }

  /** False when the block grows beyond what any request needs. */
  add(fragment: Buffer): boolean {
    this.#continuations++;
    this.#bytes += fragment.length;
    this.#parts.push(fragment);
    return this.#bytes <= BLOCK_LIMIT_BYTES && this.#continuations <= CONTINUATION_LIMIT;
  }

  /** The whole block; the next one may be opened. */
  take(): Buffer {
    const [first] = this.#parts;
    const block = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.streamId = 0;
    return block;
  }
}

/** Payload without padding (RFC 9113 §6.1); null when there is more padding than payload. */
export function withoutPadding(flags: number, payload: Buffer): Buffer | null {
  if ((flags & FLAG.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined || padding >= payload.length) return null;
  return payload.subarray(1, payload.length - padding);
}

/** The stream that PRIORITY, or what HEADERS has of it, makes another one depend on. At least 4 bytes. */
export function dependencyOf(priority: Buffer): number {
  return priority.readUInt32BE(0) & 0x7fff_ffff;
}
