import type { Socket } from "node:net";
import { Deadline, type TimerWheel } from "../timer-wheel.ts";

/** Up to here, what is written in one turn of the loop is joined into one buffer and one system call. */
const JOIN_LIMIT_BYTES = 16_384;

const dirty: OutBuffer[] = [];

/**
 * The way out of one connection. What is put in during one turn leaves together: at `flush`, when enough has gathered, or at
 * the latest when the current callback is over. So a head and a small body are one write, and nothing is ever held back.
 */
export class OutBuffer {
  /** How long a slow peer may take nothing at all before `onStalled`. */
  sendTimeoutMs: number;
  readonly #socket: Socket;
  readonly #wheel: TimerWheel;
  readonly #stall: Deadline;
  readonly #onStalled: () => void;
  #waitingBytes = 0;
  readonly #parts: (string | Uint8Array)[] = [];
  #pendingBytes = 0;
  #scheduled = false;
  /** The peer is slow: more than the socket's high-water mark is waiting. Cleared by `drained`. */
  blocked = false;
  /** True once any byte was given to the socket since `start`. */
  flushed = false;

  constructor(socket: Socket, wheel: TimerWheel, sendTimeoutMs: number, onStalled: () => void) {
    this.#socket = socket;
    this.#wheel = wheel;
    this.sendTimeoutMs = sendTimeoutMs;
    this.#onStalled = onStalled;
    this.#stall = new Deadline(() => this.#judgeStall());
  }

  /** A new message begins. */
  start(): void {
    this.flushed = false;
  }

  /** Latin1 text: heads and chunk framing. */
  text(text: string): void {
    const last = this.#parts.length - 1;
    if (last >= 0 && typeof this.#parts[last] === "string") this.#parts[last] += text;
    else this.#parts.push(text);
    this.#added(text.length);
  }

  bytes(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.#added(chunk.length);
  }

  /** Called between whole frames, so that none of them is cut into two packets. */
  flushWhenFull(): void {
    if (this.#pendingBytes > JOIN_LIMIT_BYTES) this.flush();
  }

  drained(): void {
    this.blocked = false;
    this.#wheel.disarm(this.#stall);
  }

  /** The connection is gone, or no longer ours to write to. */
  close(): void {
    this.#wheel.disarm(this.#stall);
    this.#parts.length = 0;
    this.#pendingBytes = 0;
  }

  flush(): void {
    if (this.#pendingBytes === 0) return;
    const socket = this.#socket;
    if (!socket.destroyed && !socket.writableEnded) {
      this.flushed = true;
      if (!this.#write()) this.#block();
    }
    this.#parts.length = 0;
    this.#pendingBytes = 0;
  }

  #added(bytes: number): void {
    this.#pendingBytes += bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (dirty.push(this) === 1) process.nextTick(flushDirty);
  }

  /** Called at the end of the turn. */
  settle(): void {
    this.#scheduled = false;
    this.flush();
  }

  #block(): void {
    this.blocked = true;
    this.#watchStall();
  }

  #watchStall(): void {
    this.#waitingBytes = this.#socket.writableLength;
    this.#wheel.arm(this.#stall, this.sendTimeoutMs);
  }

  /** A peer that took anything meanwhile is slow, not stalled. */
  #judgeStall(): void {
    if (this.#socket.writableLength < this.#waitingBytes) this.#watchStall();
    else this.#onStalled();
  }

  #write(): boolean {
    const socket = this.#socket;
    const [first] = this.#parts;
    if (this.#parts.length === 1 && first !== undefined) {
      return typeof first === "string" ? socket.write(first, "latin1") : socket.write(first);
    }
    if (this.#pendingBytes <= JOIN_LIMIT_BYTES) return socket.write(this.#joined());
    socket.cork();
    let ready = true;
    for (const part of this.#parts)
      ready = typeof part === "string" ? socket.write(part, "latin1") : socket.write(part);
    socket.uncork();
    return ready;
  }

  #joined(): Buffer {
    const joined = Buffer.allocUnsafe(this.#pendingBytes);
    let at = 0;
    for (const part of this.#parts) {
      if (typeof part === "string") joined.write(part, at, "latin1");
      else joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}

function flushDirty(): void {
  for (const out of dirty) out.settle();
  dirty.length = 0;
}
