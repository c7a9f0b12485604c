import { Buffer } from "node:buffer";
import { Deadline, type TimerWheel } from "../loop/timer-wheel.ts";
import { type LoopEnd, deferToLoopEnd } from "../loop/loop-end.ts";
import { atSocketEventEnd, type SocketEventEnd } from "../loop/socket-event.ts";
import { isBorrowed } from "./read-buffer.ts";
import type { SocketPort } from "./socket-port.ts";

/** More than this does not wait for the end of the socket event. */
const FLUSH_BYTES = 16_384;
/** A body piece up to here joins the text before it: one string costs less than two buffers. */
const TEXT_PIECE_LIMIT_BYTES = 2048;

/**
 * The way out of one connection. What is put in during one socket event leaves together, so that a head and a small body are one write; with
 * much going on, text also waits for the end of the loop's iteration. Nothing waits for another event.
 */
export class OutBuffer implements SocketEventEnd, LoopEnd {
  /** How long a slow peer may take nothing at all before `onStalled`. */
  sendTimeoutMs: number;
  readonly #port: SocketPort;
  readonly #wheel: TimerWheel;
  /** Made for the first peer that is slow. */
  #stall: Deadline | null = null;
  readonly #onStalled: () => void;
  #waitingBytes = 0;
  /** What comes before `#text`; empty for nearly every message. */
  readonly #parts: (string | Uint8Array)[] = [];
  #text = "";
  #pendingBytes = 0;
  #scheduled = false;
  #waiting = false;
  /** The peer is slow: more than the socket's high-water mark is waiting. Cleared by `drained`. */
  blocked = false;
  /** True once any byte was given to the socket since `start`. */
  flushed = false;

  constructor(port: SocketPort, wheel: TimerWheel, sendTimeoutMs: number, onStalled: () => void) {
    this.#port = port;
    this.#wheel = wheel;
    this.sendTimeoutMs = sendTimeoutMs;
    this.#onStalled = onStalled;
  }

  /** A new message begins. */
  start(): void {
    this.flushed = false;
  }

  /** Latin1 text: heads and chunk framing. */
  text(text: string): void {
    this.#text += text;
    this.#added(text.length);
  }

  bytes(chunk: Uint8Array): void {
    if (chunk.length <= TEXT_PIECE_LIMIT_BYTES && this.#text !== "") {
      this.text(latin1(chunk));
      return;
    }
    this.#closeText();
    this.#parts.push(chunk);
    this.#added(chunk.length);
  }

  /** Something is still to be written. */
  get pending(): boolean {
    return this.#pendingBytes > 0;
  }

  /** Called between whole frames, so that none of them is cut into two packets. */
  flushWhenFull(): void {
    if (this.#pendingBytes > FLUSH_BYTES) this.flush();
  }

  drained(): void {
    this.blocked = false;
    if (this.#stall !== null) this.#wheel.disarm(this.#stall);
  }

  /** The connection is gone, or no longer ours to write to. */
  close(): void {
    if (this.#stall !== null) this.#wheel.disarm(this.#stall);
    this.#clear();
  }

  /** A message is complete: sends it as soon as that is best. */
  send(): void {
    if (this.#waiting) return;
    this.#waiting = this.#parts.length === 0 && this.#pendingBytes > 0 && deferToLoopEnd(this);
    if (!this.#waiting) this.flush();
  }

  /** Sends everything now. */
  flush(): void {
    if (this.#pendingBytes === 0) return;
    if (this.#port.writer.usable) {
      this.flushed = true;
      if (!this.#write()) this.#block();
    }
    this.#clear();
  }

  #added(bytes: number): void {
    this.#pendingBytes += bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    atSocketEventEnd(this);
  }

  /** Parts may be lent until now. */
  settle(): void {
    this.#scheduled = false;
    if (this.#parts.length > 0) this.flush();
    else this.send();
  }

  endLoop(): void {
    this.#waiting = false;
    this.flush();
  }

  #block(): void {
    this.blocked = true;
    this.#watchStall();
  }

  #watchStall(): void {
    this.#waitingBytes = this.#port.writer.waitingBytes;
    this.#stall ??= new Deadline(() => this.#judgeStall());
    this.#wheel.arm(this.#stall, this.sendTimeoutMs);
  }

  /** A peer that took anything meanwhile is slow, not stalled. */
  #judgeStall(): void {
    if (this.#port.writer.waitingBytes < this.#waitingBytes) this.#watchStall();
    else this.#onStalled();
  }

  #write(): boolean {
    const { writer } = this.#port;
    const parts = this.#parts;
    if (parts.length === 0) return writer.text(this.#text);
    this.#closeText();
    const [first] = parts;
    if (parts.length === 1 && first instanceof Uint8Array && !isBorrowed(first)) return writer.bytes(first);
    return writer.parts(parts, this.#pendingBytes);
  }

  #closeText(): void {
    if (this.#text === "") return;
    this.#parts.push(this.#text);
    this.#text = "";
  }

  #clear(): void {
    this.#text = "";
    this.#pendingBytes = 0;
    if (this.#parts.length > 0) this.#parts.length = 0;
  }
}

function latin1(chunk: Uint8Array): string {
  const bytes = chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return bytes.toString("latin1");
}
