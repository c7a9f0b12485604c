import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { READ_BUFFER } from "../../src/wire/socket/read-buffer.ts";

/**
 * What the HTTP/1.1 engine uses of a socket, without a kernel behind it: writes are kept as text, and reads come from `receive`. Its
 * cost is that of the engine and of what is above it.
 */
export class PaperSocket extends EventEmitter {
  readonly destroyed = false;
  readonly connecting = false;
  readonly writableEnded = false;
  readonly writableLength = 0;
  readonly readableLength = 0;
  readonly readable = true;
  allowHalfOpen = false;
  /** Everything written since it was emptied. */
  written = "";
  /** Set by the engine, under keys of Node's own. */
  #onRead: ((length: number) => boolean) | null = null;
  readonly _handle = {
    writeQueueSize: 0,
    writeLatin1String: (_request: null, text: string): number => {
      this.written += text;
      return 0;
    },
    writeBuffer: (_request: null, bytes: Buffer): number => {
      this.written += bytes.toString("latin1");
      return 0;
    },
    useUserBuffer: (): void => {
      for (const key of Object.getOwnPropertySymbols(this)) {
        const value = (this as unknown as Readonly<Record<symbol, unknown>>)[key];
        if (typeof value === "function") this.#onRead = value as (length: number) => boolean;
      }
    },
  };

  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  receive(bytes: Buffer): void {
    bytes.copy(READ_BUFFER);
    this.#onRead?.(bytes.length);
  }

  pause(): void {}
  resume(): void {}
  destroy(): void {}
  end(): void {}
}
