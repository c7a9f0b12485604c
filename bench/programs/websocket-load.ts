import { once } from "node:events";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";

/** Sends a message on each of many WebSockets whenever the one before came back; prints the count as JSON. */
const { values } = parseArgs({
  strict: false,
  options: {
    port: { type: "string" },
    host: { type: "string" },
    path: { type: "string" },
    connections: { type: "string" },
    seconds: { type: "string" },
  },
});
const MESSAGE = Buffer.alloc(64, "x");
const OPEN_DEADLINE_MS = 10_000;
let [requests, errors] = [0, 0];

const sockets = await Promise.all(Array.from({ length: Number(values.connections) }, openSocket));
for (const socket of sockets) {
  socket.on("message", (data: Buffer) => {
    if (data.equals(MESSAGE)) requests++;
    else errors++;
    socket.send(MESSAGE);
  });
  socket.send(MESSAGE);
}
setTimeout(
  () => {
    process.stdout.write(JSON.stringify({ requests, errors, note: "" }), () => process.exit(0));
  },
  Number(values.seconds) * 1000,
);

async function openSocket(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${values.port}${values.path}`, {
    headers: { host: `${values.host}:${values.port}` },
    perMessageDeflate: false,
  });
  await once(socket, "open", { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) });
  socket.on("error", () => errors++);
  socket.on("close", () => errors++);
  return socket;
}
