import { connect } from "node:net";

const WAIT_MS = 10_000;

/** Sends bytes on a new connection and gives back everything that comes until the other side closes. */
export async function rawExchange(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => (received += text));
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.write(bytes, "latin1");
  // A reset after the answer is no failure: what came counts.
  const closed = Promise.withResolvers<void>();
  socket.on("close", closed.resolve);
  const deadline = setTimeout(() => closed.reject(new Error(`still open, with ${received}`)), WAIT_MS);
  await closed.promise.finally(() => clearTimeout(deadline));
  return received;
}
