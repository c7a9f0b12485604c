import { FRAME_HEAD_BYTES, MAX_FRAME_BYTES } from "./frames.ts";

/** Receives frames. */
export interface FrameSink {
  /** False: nothing more is wanted. */
  readonly open: boolean;
  /** `payload` may be kept; it shares memory with the bytes that were read. */
  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void;
  onOversizedFrame(): void;
}

const NOTHING = Buffer.alloc(0);

/** Cuts a byte stream into frames. Holds at most one unfinished frame. */
export class FrameReader {
  readonly #sink: FrameSink;
  #rest: Buffer = NOTHING;
  /** Pieces after `#rest`, joined only once the frame is whole. */
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = FRAME_HEAD_BYTES;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    if (this.#heldBytes === 0) {
      this.#read(chunk);
      return;
    }
    this.#pieces.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return;
    this.#read(Buffer.concat([this.#rest, ...this.#pieces], this.#heldBytes));
  }

  #read(bytes: Buffer): void {
    let at = 0;
    this.#neededBytes = FRAME_HEAD_BYTES;
    while (this.#sink.open && bytes.length - at >= FRAME_HEAD_BYTES) {
      const length = bytes.readUIntBE(at, 3);
      if (length > MAX_FRAME_BYTES) {
        this.#sink.onOversizedFrame();
        break;
      }
      const end = at + FRAME_HEAD_BYTES + length;
      if (end > bytes.length) {
        this.#neededBytes = end - at;
        break;
      }
      const streamId = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
      const payload = bytes.subarray(at + FRAME_HEAD_BYTES, end);
      this.#sink.onFrame(bytes[at + 3] as number, bytes[at + 4] as number, streamId, payload);
      at = end;
    }
    this.#rest = this.#sink.open ? bytes.subarray(at) : NOTHING;
    this.#heldBytes = this.#rest.length;
    this.#pieces = [];
  }
}
