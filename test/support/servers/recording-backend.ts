import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { readStrictly, type StrictMessage } from "../oracles/strict-reader.ts";

/** What a backend does with its connection once a whole request is there. */
export type Respond = (socket: Socket, request: StrictMessage, index: number) => void;

/** A TCP server that keeps every byte of every connection and answers each request it can read strictly. */
export class RecordingBackend implements AsyncDisposable {
  readonly connections: { received: string; socket: Socket; ended: boolean }[] = [];
  respond: Respond = answerOk;
  /** Called for each piece of data, before requests are looked for. */
  onBytes: ((socket: Socket, received: string) => void) | null = null;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(respond?: Respond): Promise<RecordingBackend> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const backend = new RecordingBackend(server);
    if (respond !== undefined) backend.respond = respond;
    server.on("connection", (socket) => backend.#accept(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every request of every connection. */
  get requests(): StrictMessage[] {
    return this.connections.flatMap(({ received }) => readStrictly(received).messages);
  }

  /** The first fault on any connection. */
  get fault(): string | null {
    return this.connections.map(({ received }) => readStrictly(received).fault).find((fault) => fault !== null) ?? null;
  }

  get receivedBytes(): number {
    return this.connections.reduce((sum, { received }) => sum + received.length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const connection = { received: "", socket, ended: false };
    let answered = 0;
    this.connections.push(connection);
    socket.on("error", () => {});
    socket.on("end", () => {
      connection.ended = true;
      socket.end();
    });
    socket.on("close", () => (connection.ended = true));
    socket.on("data", (chunk: Buffer) => {
      connection.received += chunk.toString("latin1");
      this.onBytes?.(socket, connection.received);
      const { messages } = readStrictly(connection.received);
      for (; answered < messages.length; answered++)
        this.respond(socket, messages[answered] as StrictMessage, answered);
    });
  }
}

/** Says which request it was, so that misplaced answers show. */
export const answerOk: Respond = (socket, request) => {
  const body = request.startLine.startsWith("HEAD ") ? "" : request.startLine;
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${request.startLine.length}\r\n\r\n${body}`, "latin1");
};

/** Always sends these bytes, and ends the connection if asked to. */
export function answerBytes(text: string, end: "keep" | "end" | "reset" = "keep"): Respond {
  return (socket) => {
    socket.write(text, "latin1", () => {
      if (end === "reset") socket.resetAndDestroy();
    });
    if (end === "end") socket.end();
  };
}
