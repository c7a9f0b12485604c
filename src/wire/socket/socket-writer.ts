import { Socket, type SocketConstructorOpts } from "node:net";
import { getSystemErrorName } from "node:util";
import { nextTick } from "node:process";
import { isBorrowed, toOwned } from "./read-buffer.ts";
import { type Parts, Slabs } from "./slabs.ts";

/** A write that the kernel did not take at once. Node's own object, one a write. */
interface PendingWrite {
  /** Keeps what is written alive. */
  buffer: unknown;
  oncomplete: ((status: number) => void) | null;
  /** Set when it was over before a listener was there. */
  writeStatus: number | null;
}

/** What is used of the handle below a socket. It is not part of Node's documented interface: nothing else here may touch it. */
interface StreamHandle {
  /** 0: sent; below 0: an error number; an object: under way. */
  writeLatin1String(request: null, text: string): number | PendingWrite;
  writeBuffer(request: null, bytes: Uint8Array): number | PendingWrite;
  writev(request: null, chunks: readonly Uint8Array[], allBuffers: true): number | PendingWrite;
  readonly writeQueueSize: number;
}

/** Longer text is written by the stream, and parts that are longer are not joined. */
const DIRECT_LIMIT_BYTES = 16_384;

/** Called for direct writes; the stream's own `drain` and `error` go to the socket's listeners. */
export interface WriterEvents {
  /** Those that had to wait are done. */
  onWriterDrain(): void;
  /** The peer takes nothing more; called once, maybe within the write. The socket is still open: what the peer sent before can be read. */
  onWriterFailed(error: NodeJS.ErrnoException): void;
}

/**
 * Writes to one socket. What is small goes to the handle directly, without the stream between: for a proxied request that is a
 * fifth of its cost. Everything else, and everything on a Node whose handles work differently, goes through `socket.write`;
 * both keep their order, because all of it ends in the queue of the same handle.
 */
export class SocketWriter {
  readonly #socket: Socket;
  readonly #events: WriterEvents;
  readonly #direct: boolean;
  #failed = false;
  /** Direct writes that the kernel has not taken yet. */
  #pending = 0;
  /** The stream may hold bytes. Asking it for each write would cost its parts a place in the caches. */
  #streamed = false;

  constructor(socket: Socket, events: WriterEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#direct = HANDLES_ARE_AS_KNOWN && !("encrypted" in socket) && handleOf(socket) !== null;
  }

  /** False once the socket is gone, was ended or failed: nothing that is written would reach the peer. */
  get usable(): boolean {
    if (this.#failed) return false;
    if (this.#direct && !this.#streamed) return handleOf(this.#socket) !== null;
    return !this.#socket.destroyed && !this.#socket.writableEnded;
  }

  /** Bytes that the kernel has not taken. */
  get waitingBytes(): number {
    const queued = this.#pending === 0 ? 0 : (handleOf(this.#socket)?.writeQueueSize ?? 0);
    return queued + this.#socket.writableLength;
  }

  /** False: the peer is slow, and a drain follows. `text` is latin1. */
  text(text: string): boolean {
    const handle = text.length <= DIRECT_LIMIT_BYTES ? this.#handle() : null;
    if (handle === null) return this.#stream().write(text, "latin1");
    return this.#settle(handle.writeLatin1String(null, text), text);
  }

  /** As `text`; the memory must stay untouched until it is sent. */
  bytes(bytes: Uint8Array): boolean {
    const handle = this.#handle();
    if (handle === null) return this.#stream().write(bytes);
    return this.#settle(handle.writeBuffer(null, bytes), bytes);
  }

  /** As `text`, for parts that have so many bytes in all; some may be lent. */
  parts(parts: Parts, bytes: number): boolean {
    const handle = this.#handle();
    if (handle === null) return this.#throughStream(parts, bytes);
    if (bytes > DIRECT_LIMIT_BYTES && !parts.some(isBorrowedPart)) return this.#gathered(handle, parts);
    const slabs = new Slabs(parts, bytes);
    const { views } = slabs;
    const [first] = views;
    const result =
      views.length === 1 && first !== undefined ? handle.writeBuffer(null, first) : handle.writev(null, views, true);
    if (typeof result === "number") slabs.release();
    else slabs.releaseBut(handle.writeQueueSize);
    return this.#settle(result, slabs);
  }

  /** What is ours is not copied. */
  #gathered(handle: StreamHandle, parts: Parts): boolean {
    const views = parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part));
    return this.#settle(handle.writev(null, views, true), views);
  }

  /** What is small is joined: over TLS it is one record then. */
  #throughStream(parts: Parts, bytes: number): boolean {
    const socket = this.#stream();
    if (bytes <= DIRECT_LIMIT_BYTES) return socket.write(joined(parts, bytes));
    socket.cork();
    let ready = true;
    for (const part of parts)
      ready = typeof part === "string" ? socket.write(part, "latin1") : socket.write(toOwned(part));
    socket.uncork();
    return ready;
  }

  /** Null while the stream holds bytes of its own: they go first. */
  #handle(): StreamHandle | null {
    if (!this.#direct) return null;
    if (this.#streamed) this.#streamed = this.#socket.writableLength > 0 || this.#socket.writableEnded;
    return this.#streamed ? null : handleOf(this.#socket);
  }

  #stream(): Socket {
    this.#streamed = true;
    return this.#socket;
  }

  #settle(result: number | PendingWrite, data: string | Uint8Array | readonly Uint8Array[] | Slabs): boolean {
    if (result === 0) return true;
    if (typeof result === "number") {
      this.#fail(result);
      return true;
    }
    this.#pending++;
    result.buffer = data;
    const completed = (status: number): void => {
      if (data instanceof Slabs) data.release();
      this.#completed(status);
    };
    result.oncomplete = completed;
    const { writeStatus } = result;
    if (writeStatus === null) return false;
    result.writeStatus = null;
    // Later, as every completion: the caller is not prepared to be called back now.
    nextTick(completed, writeStatus);
    return false;
  }

  #completed(status: number): void {
    this.#pending--;
    if (this.#socket.destroyed) return;
    if (status < 0) this.#fail(status);
    else if (this.#pending === 0) this.#events.onWriterDrain();
  }

  #fail(status: number): void {
    if (this.#failed) return;
    this.#failed = true;
    const code = getSystemErrorName(status);
    this.#events.onWriterFailed(Object.assign(new Error(`write ${code}`), { code, syscall: "write" }));
  }
}

function isBorrowedPart(part: string | Uint8Array): boolean {
  return typeof part !== "string" && isBorrowed(part);
}

function joined(parts: Parts, bytes: number): Buffer {
  const joint = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const part of parts) {
    if (typeof part === "string") joint.write(part, at, "latin1");
    else joint.set(part, at);
    at += part.length;
  }
  return joint;
}

function handleOf(socket: Socket): StreamHandle | null {
  return (socket as { readonly _handle?: StreamHandle | null })._handle ?? null;
}

/**
 * Whether this Node calls its handles as written above: its own socket is made to write to a handle of ours. A Node that passes
 * a request object of its own would crash on null.
 */
const HANDLES_ARE_AS_KNOWN = ((): boolean => {
  const bytes = Buffer.from("x");
  let known = 0;
  const handle = {
    reading: false,
    getAsyncId: () => 1,
    readStart: () => 0,
    readStop: () => 0,
    writeLatin1String: (request: unknown, text: unknown) => {
      if (request === null && text === "x") known++;
      return 0;
    },
    writev: (request: unknown, chunks: unknown, allBuffers: unknown) => {
      if (request === null && allBuffers === true && Array.isArray(chunks) && chunks.includes(bytes)) known++;
      return 0;
    },
    close: (done?: () => void) => done?.(),
  };
  try {
    const socket = new Socket({ handle } as unknown as SocketConstructorOpts);
    socket.on("error", () => {});
    socket.write("x", "latin1");
    socket.cork();
    for (let i = 0; i < 2; i++) socket.write(bytes);
    socket.uncork();
    socket.destroy();
  } catch {
    return false;
  }
  return known === 2;
})();

/** For tests, so that a Node which takes the slow way is noticed. */
export const writesDirectly = HANDLES_ARE_AS_KNOWN;
