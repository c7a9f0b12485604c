import type { Socket } from "node:net";
import { type LoopEnd, atLoopEnd, loopIsBusy } from "../loop/loop-end.ts";
import { beginSocketEvent, endSocketEvent } from "../loop/socket-event.ts";
import { copyForLoopEnd, READ_BUFFER, readIntoBuffer } from "./read-buffer.ts";
import { SocketWriter, type WriterEvents } from "./socket-writer.ts";

/** Receives a socket's events: the HTTP engine, or after an upgrade a tunnel. */
export interface SocketSink {
  /** True when what arrives now may as well be handed over when the loop's iteration ends. Absent: never. */
  readonly takesLater?: boolean;
  /** The first `length` bytes; those that are lent (`isBorrowed`) are good only during the call. */
  onSocketData(bytes: Buffer, length: number): void;
  /** The peer will send no more. */
  onSocketEnd(): void;
  onSocketDrain(): void;
  /**
   * The peer takes nothing more, but may have sent the reason before: a sink with this method reads on, and learns of the end by other events.
   * May be called within a write. Absent: the socket is destroyed.
   */
  onSocketRefusal?(error: NodeJS.ErrnoException): void;
  onSocketError(error: NodeJS.ErrnoException): void;
  /** Last event. */
  onSocketClose(): void;
}

/** A socket whose listeners are set once while the receiver of its events can change. */
export class SocketPort implements LoopEnd, WriterEvents {
  readonly socket: Socket;
  readonly writer: SocketWriter;
  sink: SocketSink;
  #paused = false;
  /** What was read and is handed over at the end of the loop's iteration. */
  #held: Buffer | null = null;
  #heldLength = 0;

  constructor(socket: Socket, sink: SocketSink) {
    this.socket = socket;
    this.sink = sink;
    this.writer = new SocketWriter(socket, this);
    // Both directions end on their own: a tunnel keeps half-open connections, the engine closes for itself.
    socket.allowHalfOpen = true;
    socket.on("end", () => {
      this.#handHeld();
      this.sink.onSocketEnd();
    });
    socket.on("drain", () => this.onWriterDrain());
    socket.on("error", (error) => {
      this.#handHeld();
      this.sink.onSocketError(error);
    });
    socket.on("close", () => {
      this.#handHeld();
      this.sink.onSocketClose();
    });
  }

  /** For sockets that were not opened with a read callback of their own. */
  read(): void {
    const { socket } = this;
    let held = false;
    // The stream keeps only what arrives while reading is paused, and receives the end.
    readIntoBuffer(socket, (length) => {
      if (this.#paused || held) {
        held = true;
        return socket.push(Buffer.from(READ_BUFFER.subarray(0, length)));
      }
      this.received(READ_BUFFER, length);
      return true;
    });
    socket.on("data", (chunk: Buffer) => {
      held = socket.readableLength > 0;
      this.received(chunk, chunk.length);
    });
  }

  /**
   * In a busy loop small reads are put off to its end: reading one socket after the other, then handling what was read, then writing
   * keeps the code of each of these in the processor's caches.
   */
  received(bytes: Buffer, length: number): void {
    this.#handHeld();
    if (bytes === READ_BUFFER && this.sink.takesLater === true && this.#hold(length)) return;
    this.#hand(bytes, length);
  }

  endLoop(): void {
    this.#handHeld();
  }

  #hold(length: number): boolean {
    if (!loopIsBusy()) return false;
    const copy = copyForLoopEnd(length);
    if (copy === null) return false;
    this.#held = copy;
    this.#heldLength = length;
    atLoopEnd(this);
    return true;
  }

  #handHeld(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#hand(held, this.#heldLength);
  }

  #hand(bytes: Buffer, length: number): void {
    beginSocketEvent();
    try {
      this.sink.onSocketData(bytes, length);
    } finally {
      endSocketEvent();
    }
  }

  set reading(wanted: boolean) {
    if (wanted) this.resume();
    else this.pause();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  /** Closes so that the peer sees an error where TCP can say so, never a clean end. */
  cut(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // TLS needs no RST: its end without close_notify is a truncation already (RFC 8446 §6.1). Node never closes a socket that is
    // reset while it is being ended.
    if ("encrypted" in socket || socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }

  onWriterFailed(error: NodeJS.ErrnoException): void {
    if (this.sink.onSocketRefusal === undefined) this.socket.destroy(error);
    else this.sink.onSocketRefusal(error);
  }

  onWriterDrain(): void {
    beginSocketEvent();
    try {
      this.sink.onSocketDrain();
    } finally {
      endSocketEvent();
    }
  }
}
