import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";

/** Sends every message back. */
const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(values.port), perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
process.once("SIGTERM", () => process.exit(0));
