import { Socket } from "node:net";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/lib/clock.ts";
import { Http1Connection } from "../../../src/wire/http1/client-connection.ts";
import { READ_BUFFER } from "../../../src/wire/socket/read-buffer.ts";
import { SocketPort, type SocketSink } from "../../../src/wire/socket/socket-port.ts";
import { endLoop, deferToLoopEnd } from "../../../src/wire/loop/loop-end.ts";
import { TimerWheel } from "../../../src/wire/wire.ts";

/** Writes down what it is told. */
class Diary implements SocketSink {
  takesLater = true;
  readonly lines: string[] = [];

  onSocketData(bytes: Buffer, length: number): void {
    this.lines.push(bytes.toString("latin1", 0, length));
  }

  onSocketEnd(): void {
    this.lines.push("end");
  }

  onSocketDrain(): void {}
  onSocketError(): void {
    this.lines.push("error");
  }

  onSocketClose(): void {
    this.lines.push("close");
  }
}

/** As if the loop had found `text` on the port's socket. */
function receive(port: SocketPort, text: string): void {
  port.received(READ_BUFFER, READ_BUFFER.write(text, "latin1"));
}

function openPort(): { readonly diary: Diary; readonly port: SocketPort } {
  const diary = new Diary();
  return { diary, port: new SocketPort(new Socket(), diary) };
}

/** The next iteration of the loop is a busy one. */
beforeEach(() => {
  for (let i = 0; i < 100; i++) deferToLoopEnd({ endLoop: () => {} });
  endLoop();
});

test("in a busy loop small reads are looked at after all of them, in their order, each as it was", () => {
  const ports = [openPort(), openPort(), openPort()];
  for (const [i, { port }] of ports.entries()) receive(port, `message ${i}`);
  expect(ports.map(({ diary }) => diary.lines)).toEqual([[], [], []]);
  endLoop();
  expect(ports.map(({ diary }) => diary.lines)).toEqual([["message 0"], ["message 1"], ["message 2"]]);
});

test("what they lead to is written after all of them, in the same iteration", () => {
  const order: string[] = [];
  const ports = [openPort(), openPort()];
  for (const [i, { diary, port }] of ports.entries()) {
    diary.onSocketData = () => {
      order.push(`look ${i}`);
      deferToLoopEnd({ endLoop: () => void order.push(`write ${i}`) });
    };
    receive(port, "x");
  }
  endLoop();
  expect(order).toEqual(["look 0", "look 1", "write 0", "write 1"]);
});

test("more from the same socket comes after what is held", () => {
  const { diary, port } = openPort();
  receive(port, "one");
  receive(port, "two");
  expect(diary.lines).toEqual(["one"]);
  endLoop();
  expect(diary.lines).toEqual(["one", "two"]);
});

test.each(["end", "close"] as const)("the socket's %s comes after what is held", (event) => {
  const { diary, port } = openPort();
  receive(port, "last words");
  port.socket.emit(event);
  endLoop();
  expect(diary.lines).toEqual(["last words", event]);
});

test("an error comes after what is held", () => {
  const { diary, port } = openPort();
  receive(port, "last words");
  port.socket.emit("error", new Error("reset"));
  expect(diary.lines).toEqual(["last words", "error"]);
});

test("what is long, or more than there are places for, or wanted now, is looked at once", () => {
  const long = openPort();
  receive(long.port, "x".repeat(5_000));
  const urgent = openPort();
  urgent.diary.takesLater = false;
  receive(urgent.port, "now");
  const many = Array.from({ length: 1_000 }, openPort);
  for (const { port } of many) receive(port, "one of many");
  expect([long.diary.lines.length, urgent.diary.lines]).toEqual([1, ["now"]]);
  const held = many.filter(({ diary }) => diary.lines.length === 0).length;
  expect([held > 0, held < many.length]).toEqual([true, true]);
  endLoop();
  for (const { diary } of many) expect(diary.lines).toEqual(["one of many"]);
});

test("in a quiet loop nothing is held", () => {
  endLoop();
  deferToLoopEnd({ endLoop: () => {} });
  endLoop();
  const { diary, port } = openPort();
  receive(port, "alone");
  expect(diary.lines).toEqual(["alone"]);
});

test("what an endpoint says unasked is judged before anybody can ask it, however busy the loop is", () => {
  const wheel = new TimerWheel(systemClock);
  onTestFinished(() => wheel.close());
  const { port } = openPort();
  const connection = new Http1Connection(port, wheel, 1);
  receive(port, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  expect([connection.idle, port.socket.destroyed]).toEqual([false, true]);
});
