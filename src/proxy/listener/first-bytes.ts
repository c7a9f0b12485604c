import type { Socket } from "node:net";

/** How many bytes are needed, from the start, before it makes sense to look again; 0: decided. */
export type FirstBytesJudge = (bytes: Buffer) => number;

/**
 * Looks at the first bytes of a connection before anybody is chosen to serve it. The bytes are handed on whole; the socket is
 * left as it was, but flowing: whoever takes over does so at once or pauses it.
 */
export class FirstBytes {
  readonly #socket: Socket;
  readonly #judge: FirstBytesJudge;
  readonly #onDecided: (bytes: Buffer) => void;
  #chunks: Buffer[] = [];
  #receivedBytes = 0;
  #neededBytes = 1;

  constructor(socket: Socket, judge: FirstBytesJudge, onDecided: (bytes: Buffer) => void) {
    this.#socket = socket;
    this.#judge = judge;
    this.#onDecided = onDecided;
    socket.on("data", this.#onData);
  }

  /** True before the client has sent anything. */
  get silent(): boolean {
    return this.#receivedBytes === 0;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes < this.#neededBytes) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    this.#neededBytes = this.#judge(bytes);
    if (this.#neededBytes > 0) return;
    this.#socket.removeListener("data", this.#onData);
    this.#onDecided(bytes);
  };
}
