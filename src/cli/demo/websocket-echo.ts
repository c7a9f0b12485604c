import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { encodeFrame, FrameReader, OPCODE, type Frame } from "./websocket-frames.ts";

/** RFC 6455 §1.3: appended to the client's key before hashing. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const IDLE_MS = 3_600_000;

/** Answers an upgrade request: 101 and an echo of every message for WebSocket, a closed connection for anything else. */
export function acceptWebSocketEcho(request: IncomingMessage, socket: Duplex, firstBytes: Buffer): void {
  socket.on("error", () => socket.destroy());
  const key = request.headers["sec-websocket-key"];
  if (request.headers.upgrade?.toLowerCase() !== "websocket" || key === undefined) {
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const accept = createHash("sha1").update(`${key}${ACCEPT_GUID}`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  request.setTimeout(IDLE_MS, () => socket.destroy());
  const reader = new FrameReader();
  const take = (bytes: Buffer): void => {
    for (const frame of reader.read(bytes)) answerFrame(socket, frame);
    if (reader.broken) socket.destroy();
  };
  socket.on("data", take);
  socket.on("end", () => socket.end());
  if (firstBytes.length > 0) take(firstBytes);
}

function answerFrame(socket: Duplex, frame: Frame): void {
  if (frame.opcode === OPCODE.pong) return;
  const opcode = frame.opcode === OPCODE.ping ? OPCODE.pong : frame.opcode;
  socket.write(encodeFrame({ ...frame, opcode }));
  if (frame.opcode === OPCODE.close) socket.end();
}
