import { Socket, type SocketConstructorOpts } from "node:net";

/**
 * What the sockets of one thread read into: a read is handled to its end before the next one begins, and whatever outlives it is
 * copied. Saves an allocation of this size for each read.
 */
export const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);
const READ_MEMORY = READ_BUFFER.buffer;

/** True for bytes in `READ_BUFFER`: the next read overwrites them, and no read comes before the end of the turn. */
export function isLent(bytes: Uint8Array): boolean {
  return bytes.buffer === READ_MEMORY;
}

/** For whoever holds bytes longer than the turn: those that are lent are copied. */
export function kept(bytes: Uint8Array): Uint8Array {
  return isLent(bytes) ? Buffer.from(bytes) : bytes;
}

/**
 * Lets an open socket read into `READ_BUFFER`, as `net.connect` does with `onread`: Node offers that for no socket that it accepted
 * itself. `onRead` returns false to stop reading. False on a Node whose sockets work differently: then nothing has changed.
 */
export function readIntoBuffer(socket: Socket, onRead: (length: number) => boolean): boolean {
  const handle = (socket as { readonly _handle?: Partial<ReadHandle> | null })._handle;
  if (KEYS === null || typeof handle?.useUserBuffer !== "function") return false;
  Object.assign(socket, { [KEYS.buffer]: READ_BUFFER, [KEYS.callback]: onRead });
  handle.useUserBuffer(READ_BUFFER);
  return true;
}

/** What is used of the handle below a socket. It is not part of Node's documented interface. */
interface ReadHandle {
  useUserBuffer(buffer: Buffer): void;
}

/** Where a socket keeps its `onread`. */
interface ReadKeys {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** Found on a socket that was made with the documented option; null where that looks different from what is written above. */
const KEYS = ((): ReadKeys | null => {
  const buffer = Buffer.alloc(1);
  const callback = (): boolean => true;
  let used: unknown = null;
  const handle = {
    reading: false,
    getAsyncId: () => 1,
    readStart: () => 0,
    readStop: () => 0,
    useUserBuffer: (given: unknown) => (used = given),
    close: (done?: () => void) => done?.(),
  };
  try {
    const socket = new Socket({ handle, onread: { buffer, callback } } as unknown as SocketConstructorOpts);
    socket.on("error", () => {});
    const symbols = Object.getOwnPropertySymbols(socket);
    const keyOf = (wanted: unknown): symbol | undefined =>
      symbols.find((symbol) => (socket as unknown as Readonly<Record<symbol, unknown>>)[symbol] === wanted);
    const keys = { buffer: keyOf(buffer), callback: keyOf(callback) };
    socket.destroy();
    if (keys.buffer === undefined || keys.callback === undefined || used !== buffer) return null;
    return { buffer: keys.buffer, callback: keys.callback };
  } catch {
    return null;
  }
})();

/** For tests, so that a Node which takes the slow way is noticed. */
export const readsIntoBuffer = KEYS !== null;
