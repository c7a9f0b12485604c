import type { Socket } from "node:net";

/** How many bytes are needed, from the start, before it makes sense to look again; 0: decided. */
export type FirstBytesJudge = (bytes: Buffer) => number;

/**
 * Looks at the first bytes of a connection before anybody is chosen to serve it. The bytes are handed on whole; the socket is
 * left as it was, but flowing: the next owner takes it over at once or pauses it.
 */
export function readFirstBytes(socket: Socket, judge: FirstBytesJudge, onDecided: (bytes: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let receivedBytes = 0;
  let neededBytes = 1;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    receivedBytes += chunk.length;
    if (receivedBytes < neededBytes) return;
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    chunks = [bytes];
    neededBytes = judge(bytes);
    if (neededBytes > 0) return;
    socket.removeListener("data", onData);
    onDecided(bytes);
  };
  socket.on("data", onData);
}
