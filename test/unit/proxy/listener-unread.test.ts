import { Socket } from "node:net";
import { expect, test } from "vitest";
import { unreadInPieces } from "../../../src/proxy/listener/unread.ts";

function readAll(socket: Socket): Buffer[] {
  const pieces: Buffer[] = [];
  for (let piece = socket.read(); piece !== null; piece = socket.read()) pieces.push(piece as Buffer);
  return pieces;
}

function numbered(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => at % 251));
}

test.each([1, 999, 1000, 1001, 2000, 16_389])("%i bytes come back whole, in pieces below a kilobyte", (length) => {
  const socket = new Socket();
  unreadInPieces(socket, numbered(length));
  const pieces = readAll(socket);
  expect(pieces.every((piece) => piece.length > 0 && piece.length <= 1000)).toBe(true);
  expect(Buffer.concat(pieces).equals(numbered(length))).toBe(true);
});

test("the socket reads as before once everything is read", () => {
  const socket = new Socket();
  unreadInPieces(socket, numbered(1500));
  expect(Reflect.get(socket, "read")).not.toBe(Reflect.get(Socket.prototype, "read"));
  readAll(socket);
  expect(Reflect.get(socket, "read")).toBe(Reflect.get(Socket.prototype, "read"));
});
