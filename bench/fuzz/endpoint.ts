import { createHash } from "node:crypto";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { readResponse } from "../../test/support/oracles/response-oracle.ts";
import { readStrictly, type StrictMessage } from "../../test/support/oracles/strict-reader.ts";
import type { Script } from "./plan.ts";
import { bodyOf, type World } from "./world.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** An origin that judges every byte it gets, and answers well or as the plan of the client says. */
export class FuzzEndpoint {
  readonly #server: Server;
  readonly #sockets = new Map<Socket, EndpointConnection>();

  constructor(world: World) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#sockets.set(socket, serveConnection(socket, world));
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", 4096, resolve));
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** What the connections that are still open have last been used for. */
  describe(): readonly string[] {
    return [...this.#sockets.values()].map(({ lastUse }) => lastUse);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function serveConnection(socket: Socket, world: World): EndpointConnection {
  const connection = new EndpointConnection(socket, world);
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.on("data", (chunk: Buffer) => connection.take(chunk));
  return connection;
}

class EndpointConnection {
  lastUse = "nothing";
  readonly #socket: Socket;
  readonly #world: World;
  #received = "";
  /** Set when no further request may come here, with the reason. */
  #spent: string | null = null;
  #tunnel = false;
  #earlyDone = false;
  /** Bytes or an end may still come of an answer that the proxy takes for complete: no proxy can know them from the next one. */
  #tainted = false;

  constructor(socket: Socket, world: World) {
    this.#socket = socket;
    this.#world = world;
  }

  take(chunk: Buffer): void {
    if (this.#tunnel) {
      this.#socket.write(chunk);
      return;
    }
    this.#received += chunk.toString("latin1");
    this.#note();
    const { messages, rest, fault } = readStrictly(this.#received);
    if (fault !== null) this.#report(`ambiguous at the endpoint: ${fault}`, this.#received);
    for (const message of messages) this.#serve(message);
    if (messages.length > 1 && !this.#tainted)
      this.#report("two requests at once on an endpoint connection", this.#received);
    this.#received = rest;
    if (messages.length > 0) this.#earlyDone = false;
    if (rest !== "" && !this.#earlyDone) this.#answerEarly(rest);
  }

  #note(): void {
    const address = /\r\nx-real-ip: ([\d.]+)\r\n/i.exec(this.#received)?.[1];
    if (address === undefined) return;
    const seed = this.#world.planOf(address)?.seed ?? "";
    this.lastUse = `plan ${seed}: ${this.#received.slice(0, this.#received.indexOf("\r\n"))}`;
  }

  #serve(message: StrictMessage): void {
    const address = fieldOf(message, "x-real-ip");
    const plan = this.#world.planOf(address);
    const { serial } = this.#world.see(address, message, this.#tainted);
    if (this.#earlyDone) return;
    if (this.#spent !== null) this.#report(`used again: ${this.#spent}`, message);
    const script = plan?.scripts[indexOf(message.startLine)] ?? null;
    if (fieldOf(message, "upgrade") !== "" && script === null) this.#openTunnel(message, serial);
    else if (script === null) this.#answerWell(message, serial, plan?.answerBytes ?? 40);
    else void this.#play(script, message.startLine.split(" ")[0] ?? "");
  }

  #answerEarly(rest: string): void {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const address = /\r\nx-real-ip: ([\d.]+)\r\n/i.exec(rest)?.[1] ?? "";
    const script = this.#world.planOf(address)?.scripts[indexOf(rest)] ?? null;
    if (script === null || script.when !== "early") return;
    this.#earlyDone = true;
    void this.#play(script, rest.split(" ")[0] ?? "");
  }

  #answerWell(message: StrictMessage, serial: number, bytes: number): void {
    const body = bodyOf(serial, bytes);
    const isHead = message.startLine.startsWith("HEAD ");
    const lines = ["HTTP/1.1 200 OK", `X-Serial: ${serial}`];
    const kind = isHead ? 0 : serial % 8;
    if (kind === 1) {
      const half = body.length >> 1;
      const chunks = [body.slice(0, half), body.slice(half)].map(
        (part) => `${part.length.toString(16)}\r\n${part}\r\n`,
      );
      this.#send([...lines, "Transfer-Encoding: chunked", "", `${chunks.join("")}0\r\n\r\n`]);
    } else if (kind === 2) {
      if (!this.#tainted) this.#spent = "it said close";
      this.#send([...lines, "Connection: close", "", body]);
      this.#socket.end();
    } else {
      if (kind === 3) lines.unshift("HTTP/1.1 103 Early Hints", "Link: </a>", "");
      this.#send([...lines, `Content-Length: ${body.length}`, "", isHead ? "" : body]);
    }
  }

  #openTunnel(message: StrictMessage, serial: number): void {
    const [protocol = ""] = fieldOf(message, "upgrade").split(",");
    const accept = createHash("sha1")
      .update(fieldOf(message, "sec-websocket-key") + GUID)
      .digest("base64");
    this.#tunnel = true;
    this.#send([
      "HTTP/1.1 101 Switching Protocols",
      `X-Serial: ${serial}`,
      "Connection: Upgrade",
      `Upgrade: ${protocol}`,
      `Sec-WebSocket-Accept: ${accept}`,
      "",
      "hello-from-the-endpoint",
    ]);
  }

  async #play(script: Script, method: string): Promise<void> {
    if (this.#tainted || saysMoreLater(script, method)) this.#world.noteLate(script.pieces.join(""));
    if (!this.#tainted) this.#spent = whySpent(script, method);
    this.#tainted = true;
    for (const piece of script.pieces) {
      if (this.#socket.destroyed) return;
      this.#socket.write(piece, "latin1");
      await turn();
    }
    if (script.end === "fin") this.#socket.end();
    // Node leaks the handle of a socket that is reset while it is being ended.
    else if (script.end === "rst" && !this.#socket.writableEnded) this.#socket.resetAndDestroy();
  }

  #send(lines: readonly string[]): void {
    if (!this.#socket.destroyed) this.#socket.write(lines.join("\r\n"), "latin1");
  }

  #report(what: string, detail: unknown): void {
    const text = typeof detail === "string" ? detail : JSON.stringify(detail);
    const address = /x-real-ip"?[:,] ?"?([\d.]+)/i.exec(text)?.[1] ?? "";
    this.#world.report(what, this.#world.planOf(address), text.slice(0, 4000));
  }
}

/** Why a proxy must not use a connection again on which it heard this; null where it cannot know. */
function whySpent(script: Script, method: string): string | null {
  const reading = readResponse(script.pieces.join(""), method);
  if (reading.kind === "bad") return "its answer was wrong";
  if (!reading.complete) return "its answer was cut";
  return reading.spoilt && script.pieces.length < 2 ? "it said more than its answer" : null;
}

/** Behind a whole answer more comes, in another piece. */
function saysMoreLater(script: Script, method: string): boolean {
  const reading = readResponse(script.pieces.join(""), method);
  return script.pieces.length > 1 && reading.kind === "answer" && reading.complete && reading.spoilt;
}

function fieldOf(message: StrictMessage, name: string): string {
  return message.fields.find((field) => field[0] === name)?.[1] ?? "";
}

/** Number of the request within its plan; -1 when it has none. */
function indexOf(startLine: string): number {
  const digits = /^\S+ \/i\/(\d{1,3})(?:[ ?/])/.exec(startLine)?.[1];
  return digits === undefined ? -1 : Number(digits);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
