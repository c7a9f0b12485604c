import { connect, type Socket } from "node:net";

const DEADLINE_MS = 15_000;

/** A client that sends exact bytes and keeps what comes back as latin1 text. Every wait has a deadline. */
export class RawSocket implements AsyncDisposable {
  readonly socket: Socket;
  received = "";
  /** The other side has ended, or the connection is gone. */
  ended = false;
  /** Error code when the connection broke, such as `ECONNRESET`. */
  failure: string | null = null;
  #wake: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received += chunk.toString("latin1");
      this.#notify();
    });
    socket.on("end", () => this.#finish(null));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#finish(error.code ?? "ERROR"));
    socket.on("close", () => this.#finish(null));
  }

  static async open(port: number): Promise<RawSocket> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return raw;
  }

  send(text: string): void {
    if (!this.socket.destroyed) this.socket.write(text, "latin1");
  }

  /** Sends each piece in a packet of its own, as far as the loop allows. */
  async sendInPieces(pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      if (this.ended) return;
      this.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Ends our direction only. */
  halfClose(): void {
    this.socket.end();
  }

  /** Resolves once the text received fulfils the condition; throws when the connection ends before, or after 15 s. */
  async until(condition: (received: string) => boolean): Promise<string> {
    await this.#wait(() => condition(this.received) || this.ended);
    if (!condition(this.received)) throw new Error(`connection ended after ${JSON.stringify(this.received)}`);
    return this.received;
  }

  /** Everything that came until the other side ended. */
  async untilEnd(): Promise<string> {
    await this.#wait(() => this.ended);
    return this.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }

  async #wait(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`nothing more came after ${JSON.stringify(this.received.slice(0, 400))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #finish(failure: string | null): void {
    this.failure ??= failure;
    this.ended = true;
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** Resolves once the condition holds; throws after 15 s. */
export async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never held: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Bytes written to a socket that the kernel has not taken. */
export function waitingBytes(socket: Socket | undefined): number {
  const handle = (socket as { readonly _handle?: { readonly writeQueueSize: number } | null } | undefined)?._handle;
  return (handle?.writeQueueSize ?? 0) + (socket?.writableLength ?? 0);
}
