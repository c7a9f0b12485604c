import { Socket } from "node:net";

/**
 * Below the first buffer that Node's TLS engine has for a connection. Once that is full the engine adds one of 16 KB, which it keeps as
 * long as the connection lives: a ClientHello with a post-quantum key share would cost that for nothing.
 */
const PIECE_BYTES = 1_000;
const ORDINARY_READ: unknown = Reflect.get(Socket.prototype, "read");

/** Gives bytes back to a paused socket, for a reader that takes what is there by `read()`: it gets them in small pieces. */
export function unreadInPieces(socket: Socket, bytes: Buffer): void {
  socket.unshift(bytes);
  const read = socket.read.bind(socket);
  socket.read = (size) => {
    const left = socket.readableLength;
    if (left > PIECE_BYTES) return read(size ?? PIECE_BYTES) as unknown;
    // Deleting it again would make V8 keep all properties of the socket in a hash table: 2 KB.
    Object.assign(socket, { read: ORDINARY_READ });
    return read(size) as unknown;
  };
}
