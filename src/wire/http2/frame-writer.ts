import type { Socket } from "node:net";
import { FLAG, FRAME, FRAME_HEAD_BYTES, MAX_FRAME_BYTES } from "./frames.ts";
import { blockBytesAtMost, encodeFields } from "./hpack-encoder.ts";

const BUFFER_BYTES = 16_384;
/** A chunk below this is copied next to its frame head; a longer one is written from where it is. */
const COPY_LIMIT_BYTES = 4096;
/** More than this does not wait for the end of the loop's iteration. */
const FLUSH_BYTES = 65_536;
/** "My table has no room": said once, before the first block. The encoder never uses it. */
const EMPTY_TABLE = 0x20;

/** Called with the state of the socket after a write. */
export interface WriteEvents {
  /** The system has taken over what one flush wrote. */
  onWritten(): void;
  /** It has not, for the moment. */
  onBlocked(): void;
}

/**
 * The frames of one connection, on their way out. What is written in one iteration of the event loop leaves in one piece, so that the
 * answers of many streams cost one record and one system call.
 */
export class FrameWriter {
  readonly #socket: Socket;
  readonly #flushLater: () => void;
  readonly #onWritten: () => void;
  readonly #events: WriteEvents;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #buffer: Buffer = Buffer.allocUnsafeSlow(0);
  #start = 0;
  #end = 0;
  #scheduled = false;
  #tableTold = false;

  constructor(socket: Socket, events: WriteEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#onWritten = () => events.onWritten();
    this.#flushLater = () => {
      this.#scheduled = false;
      this.flush();
    };
  }

  /** Bytes that the socket has not taken over yet. */
  get pendingBytes(): number {
    return this.#partBytes + (this.#end - this.#start) + this.#socket.writableLength;
  }

  /** HEADERS with names and values in turns. Returns the bytes on the wire. */
  headers(streamId: number, flags: number, fields: readonly string[]): number {
    const start = this.#reserve(FRAME_HEAD_BYTES + blockBytesAtMost(fields)) + FRAME_HEAD_BYTES;
    const buffer = this.#buffer;
    let at = start;
    if (!this.#tableTold) buffer[at++] = EMPTY_TABLE;
    this.#tableTold = true;
    const length = encodeFields(fields, buffer, at) - start;
    if (length > MAX_FRAME_BYTES)
      return this.#splitHeaders(streamId, flags, Buffer.from(buffer.subarray(start, start + length)));
    this.#head(start - FRAME_HEAD_BYTES, length, kindOf(FRAME.headers, flags | FLAG.endHeaders), streamId);
    this.#end = start + length;
    this.#schedule();
    return FRAME_HEAD_BYTES + length;
  }

  data(streamId: number, flags: number, chunk: Uint8Array): void {
    if (chunk.length < COPY_LIMIT_BYTES) {
      this.frame(FRAME.data, flags, streamId, chunk);
      return;
    }
    const at = this.#reserve(FRAME_HEAD_BYTES);
    this.#head(at, chunk.length, kindOf(FRAME.data, flags), streamId);
    this.#end = at + FRAME_HEAD_BYTES;
    this.#cut();
    this.#parts.push(chunk);
    this.#partBytes += chunk.length;
    this.#schedule();
  }

  /** Any frame with a payload that may be copied. */
  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const at = this.#reserve(FRAME_HEAD_BYTES + payload.length);
    this.#head(at, payload.length, kindOf(type, flags), streamId);
    this.#buffer.set(payload, at + FRAME_HEAD_BYTES);
    this.#end = at + FRAME_HEAD_BYTES + payload.length;
    this.#schedule();
  }

  /** A frame of four bytes: RST_STREAM, WINDOW_UPDATE. */
  word(type: number, streamId: number, value: number): void {
    const at = this.#reserve(FRAME_HEAD_BYTES + 4);
    this.#head(at, 4, kindOf(type, 0), streamId);
    this.#buffer.writeUInt32BE(value, at + FRAME_HEAD_BYTES);
    this.#end = at + FRAME_HEAD_BYTES + 4;
    this.#schedule();
  }

  goaway(lastStreamId: number, code: number): void {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(lastStreamId, 0);
    payload.writeUInt32BE(code, 4);
    this.frame(FRAME.goaway, 0, 0, payload);
  }

  flush(): void {
    this.#cut();
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    this.#partBytes = 0;
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    const last = parts.length - 1;
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(parts[i] as Uint8Array);
    socket.write(parts[last] as Uint8Array, this.#onWritten);
    if (last > 0) socket.uncork();
    if (socket.writableLength > 0) this.#events.onBlocked();
  }

  #splitHeaders(streamId: number, flags: number, block: Buffer): number {
    this.frame(FRAME.headers, flags, streamId, block.subarray(0, MAX_FRAME_BYTES));
    for (let at = MAX_FRAME_BYTES; at < block.length; at += MAX_FRAME_BYTES) {
      const isLast = at + MAX_FRAME_BYTES >= block.length;
      const part = block.subarray(at, at + MAX_FRAME_BYTES);
      this.frame(FRAME.continuation, isLast ? FLAG.endHeaders : 0, streamId, part);
    }
    return block.length + FRAME_HEAD_BYTES;
  }

  /** The head of a frame; `kind` is of `kindOf`. */
  #head(at: number, length: number, kind: number, streamId: number): void {
    const target = this.#buffer;
    target[at] = length >> 16;
    target[at + 1] = length >> 8;
    target[at + 2] = length;
    target[at + 3] = kind >> 8;
    target[at + 4] = kind;
    target.writeUInt32BE(streamId, at + 5);
  }

  /** Where that many bytes may be written; what was written before stays in order. */
  #reserve(bytes: number): number {
    if (this.#end + bytes <= this.#buffer.length) return this.#end;
    this.#cut();
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(BUFFER_BYTES, bytes));
    this.#start = 0;
    this.#end = 0;
    return 0;
  }

  #cut(): void {
    if (this.#end === this.#start) return;
    this.#parts.push(this.#buffer.subarray(this.#start, this.#end));
    this.#partBytes += this.#end - this.#start;
    this.#start = this.#end;
  }

  #schedule(): void {
    if (this.#partBytes + (this.#end - this.#start) >= FLUSH_BYTES) {
      this.flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flushLater);
    }
  }
}

/** Type and flags, which follow each other in a frame's head, as one number. */
function kindOf(type: number, flags: number): number {
  return (type << 8) | flags;
}
