/** One WebSocket frame (RFC 6455 §5.2), unmasked. */
export interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export const OPCODE = { close: 8, ping: 9, pong: 10 } as const;

/** Larger frames end the connection: this is an echo for demonstrations. */
const LIMIT_BYTES = 1_048_576;
const MASK_BYTES = 4;

/** Cuts a client's byte stream into frames, whatever pieces it comes in. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);
  #broken = false;

  /** True once a frame was unmasked or too large: nothing more is read. */
  get broken(): boolean {
    return this.#broken;
  }

  read(bytes: Buffer): Frame[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const frames: Frame[] = [];
    while (!this.#broken) {
      const frame = this.#next();
      if (frame === null) break;
      frames.push(frame);
    }
    return frames;
  }

  #next(): Frame | null {
    const bytes = this.#pending;
    const [first, second] = bytes;
    if (first === undefined || second === undefined) return null;
    const length = readLength(bytes, second & 0x7f);
    if (length === null) return null;
    const bodyStart = length.end + MASK_BYTES;
    this.#broken = (second & 0x80) === 0 || length.value > LIMIT_BYTES;
    if (this.#broken || bytes.length < bodyStart + length.value) return null;
    const mask = bytes.subarray(length.end, bodyStart);
    const payload = Buffer.from(bytes.subarray(bodyStart, bodyStart + length.value));
    for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % MASK_BYTES] ?? 0);
    this.#pending = bytes.subarray(bodyStart + length.value);
    return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }
}

/** A frame from server to client: never masked. */
export function encodeFrame({ final, opcode, payload }: Frame): Buffer {
  const first = (final ? 0x80 : 0) | opcode;
  if (payload.length < 126) return Buffer.concat([Buffer.from([first, payload.length]), payload]);
  if (payload.length < 65_536) {
    return Buffer.concat([Buffer.from([first, 126, payload.length >> 8, payload.length & 0xff]), payload]);
  }
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** Null while the length is not complete. `end` is the index after it. */
function readLength(bytes: Buffer, short: number): { readonly value: number; readonly end: number } | null {
  if (short < 126) return { value: short, end: 2 };
  if (short === 126) return bytes.length < 4 ? null : { value: bytes.readUInt16BE(2), end: 4 };
  return bytes.length < 10 ? null : { value: Number(bytes.readBigUInt64BE(2)), end: 10 };
}
