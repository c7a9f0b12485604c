import { FLAG } from "./frames.ts";

const BLOCK_LIMIT_BYTES = 32_768;
const CONTINUATION_LIMIT = 8;

/** A header block while its frames arrive. Nothing else may come in between (RFC 9113 §6.10). */
export class HeaderBlock {
  /** 0: no block is open. */
  streamId = 0;
  endsStream = false;
  #parts: Buffer[] = [];
  #bytes = 0;
  #continuations = 0;

  open(streamId: number, flags: number, fragment: Buffer): void {
    this.streamId = streamId;
    this.endsStream = (flags & FLAG.endStream) !== 0;
    this.#parts = [fragment];
    this.#bytes = fragment.length;
    this.#continuations = 0;
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

/** The piece of a header block inside HEADERS; null when padding or priority do not fit. */
export function headersFragment(flags: number, payload: Buffer): Buffer | null {
  const content = withoutPadding(flags, payload);
  if (content === null || (flags & FLAG.priority) === 0) return content;
  return content.length < 5 ? null : content.subarray(5);
}
