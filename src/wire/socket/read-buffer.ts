import { Buffer } from "node:buffer";
import { Socket, type SocketConstructorOpts } from "node:net";
import { loopIteration } from "../loop/loop-end.ts";

const READ_BYTES = 65_536;
/** Places for small reads that are looked at when the loop's iteration ends. */
const PLACES = 128;
/** An odd number of cache lines, so that the beginnings of the places do not compete for the same ones. */
const PLACE_BYTES = 33 * 64;
const READ_MEMORY = new ArrayBuffer(READ_BYTES + PLACES * PLACE_BYTES);

/**
 * What the sockets of one thread read into: a read is handled to its end, or copied to a place, before the next one begins, and whatever
 * outlives that is copied. Saves an allocation of this size for each read.
 */
export const READ_BUFFER = Buffer.from(READ_MEMORY, 0, READ_BYTES);
const places: readonly Buffer[] = Array.from({ length: PLACES }, (_, i) =>
  Buffer.from(READ_MEMORY, READ_BYTES + i * PLACE_BYTES, PLACE_BYTES),
);
let placesUsed = 0;
let usedIn = 0;

/** A copy of the first bytes of `READ_BUFFER` that is good, and lent, until the end of the loop's iteration; null when there is no place. */
export function copyForLoopEnd(length: number): Buffer | null {
  const iteration = loopIteration();
  if (usedIn !== iteration) {
    usedIn = iteration;
    placesUsed = 0;
  }
  const place = length > PLACE_BYTES ? undefined : places[placesUsed];
  if (place === undefined) return null;
  placesUsed++;
  READ_BUFFER.copy(place, 0, 0, length);
  return place;
}

/** True for bytes in `READ_BUFFER` or a copy of its: they are overwritten later, but never before the end of the socket event. */
export function isBorrowed(bytes: Uint8Array): boolean {
  return bytes.buffer === READ_MEMORY;
}

/** For a holder of bytes beyond the socket event: lent bytes are copied. */
export function toOwned(bytes: Uint8Array): Uint8Array {
  return isBorrowed(bytes) ? Buffer.from(bytes) : bytes;
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
