import type { Tunnel, TunnelHandler } from "../seam/tunnel.ts";
import type { InputBuffer } from "./input-buffer.ts";
import { toOwned } from "./read-buffer.ts";
import type { SocketPort, SocketSink } from "./socket-port.ts";

const SILENT: TunnelHandler = { onData: () => {}, onEnd: () => {}, onDrain: () => {}, onClose: () => {} };

/** The raw connection after an upgrade. Delivers nothing before the first `resume`; then bytes that came early come first. */
export class SocketTunnel implements Tunnel, SocketSink {
  handler: TunnelHandler = SILENT;
  readonly #port: SocketPort;
  readonly #input: InputBuffer;
  readonly #onClosed: () => void;
  #paused = true;
  #delivering = false;
  #peerEnded: boolean;
  #endDelivered = false;
  #closed = false;

  /** `input` may hold early bytes. `onClosed` tells the connection that its socket is gone. */
  constructor(port: SocketPort, input: InputBuffer, onClosed: () => void) {
    this.#port = port;
    this.#input = input;
    this.#onClosed = onClosed;
    // A client may have ended its side before the protocol was agreed on.
    this.#peerEnded = port.socket.readableEnded;
    port.sink = this;
    port.pause();
  }

  write(chunk: Uint8Array): boolean {
    const { socket } = this.#port;
    if (this.#closed || socket.writableEnded || socket.destroyed) return true;
    return socket.write(chunk);
  }

  end(): void {
    if (!this.#closed && !this.#port.socket.writableEnded) this.#port.socket.end();
  }

  pause(): void {
    this.#paused = true;
    this.#port.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
    if (!this.#paused && !this.#closed) this.#port.resume();
  }

  destroy(): void {
    this.#port.socket.destroy();
  }

  onSocketData(bytes: Buffer, length: number): void {
    this.#input.receive(bytes, length);
    this.#deliver();
    this.#input.detach();
  }

  onSocketEnd(): void {
    this.#peerEnded = true;
    this.#deliver();
  }

  onSocketDrain(): void {
    if (!this.#closed) this.handler.onDrain();
  }

  onSocketError(): void {
    // `close` follows.
  }

  onSocketClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.handler.onClose();
    this.#onClosed();
  }

  #deliver(): void {
    if (this.#delivering || this.#closed) return;
    this.#delivering = true;
    while (!this.#paused && this.#input.length > 0) this.handler.onData(toOwned(this.#input.take(this.#input.length)));
    this.#delivering = false;
    if (this.#peerEnded && !this.#paused && !this.#endDelivered) {
      this.#endDelivered = true;
      this.handler.onEnd();
    }
  }
}
