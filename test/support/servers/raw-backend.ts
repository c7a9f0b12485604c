import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** A request as it arrived on the wire. */
export interface BackendRequest {
  /** `GET /path HTTP/1.1` */
  readonly line: string;
  /** `Name: value`, in order. */
  readonly fields: readonly string[];
  readonly socket: Socket;
  /** Grows while the body arrives; chunks are already joined. */
  body: string;
  ended: boolean;
  readonly whenEnded: Promise<void>;
}

export type Answer = (request: BackendRequest, backend: RawBackend) => void;

/** An HTTP/1.1 origin on a plain socket that the test controls byte by byte. */
export class RawBackend implements AsyncDisposable {
  readonly requests: BackendRequest[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `answer` is called as soon as a head is complete. The default answers 200 with the backend's name once the body ended. */
  static async open(answer: Answer = answerText("ok")): Promise<RawBackend> {
    const server = createServer({ noDelay: true });
    const backend = new RawBackend(server);
    server.on("connection", (socket) => backend.#serve(socket, answer));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return backend;
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the backend is closed");
    return `127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #serve(socket: Socket, answer: Answer): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    const reader = new RequestReader(socket, (request) => {
      this.requests.push(request);
      answer(request, this);
    });
    socket.on("data", (chunk) => reader.push(chunk.toString("latin1")));
  }
}

/** Answers each request with a text of known length once its body has arrived. */
export function answerText(text: string, status = "200 OK", fields: readonly string[] = []): Answer {
  const extra = fields.map((field) => `${field}\r\n`).join("");
  return (request) =>
    void request.whenEnded.then(() =>
      request.socket.write(`HTTP/1.1 ${status}\r\n${extra}Content-Length: ${text.length}\r\n\r\n${text}`),
    );
}

/** Sends these bytes as soon as the head arrived. */
export function answerRaw(bytes: string, then: "keep" | "close" = "keep"): Answer {
  return ({ socket }) => {
    socket.write(bytes, "latin1");
    if (then === "close") socket.end();
  };
}

/** Splits a connection's bytes into requests. Trusts its input: it only ever reads what the proxy wrote. */
class RequestReader {
  readonly #socket: Socket;
  readonly #onHead: (request: BackendRequest) => void;
  #buffer = "";
  #current: BackendRequest | null = null;
  #endCurrent: () => void = () => {};
  /** Bytes of the body or chunk still to come; `null` while a chunk size is expected. */
  #remaining: number | null = 0;
  #chunked = false;

  constructor(socket: Socket, onHead: (request: BackendRequest) => void) {
    this.#socket = socket;
    this.#onHead = onHead;
  }

  push(text: string): void {
    this.#buffer += text;
    while (this.#step());
  }

  #step(): boolean {
    if (this.#current === null) return this.#readHead();
    if (this.#chunked && this.#remaining === null) return this.#readChunkSize();
    return this.#readBody();
  }

  #readHead(): boolean {
    const end = this.#buffer.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const [line = "", ...fields] = this.#buffer.slice(0, end).split("\r\n");
    this.#buffer = this.#buffer.slice(end + 4);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endCurrent = resolve;
    this.#chunked = fields.some((field) => /^transfer-encoding: *chunked$/i.test(field));
    const length = fields.find((field) => /^content-length:/i.test(field))?.split(":")[1] ?? "0";
    this.#remaining = this.#chunked ? null : Number(length);
    this.#current = { line, fields, socket: this.#socket, body: "", ended: false, whenEnded: promise };
    this.#onHead(this.#current);
    if (this.#remaining === 0) this.#finish();
    return true;
  }

  #readChunkSize(): boolean {
    const end = this.#buffer.indexOf("\r\n");
    if (end === -1) return false;
    const size = Number.parseInt(this.#buffer.slice(0, end), 16);
    if (size > 0) {
      this.#buffer = this.#buffer.slice(end + 2);
      this.#remaining = size;
      return true;
    }
    const last = this.#buffer.indexOf("\r\n\r\n");
    if (last === -1) return false;
    this.#buffer = this.#buffer.slice(last + 4);
    this.#finish();
    return true;
  }

  #readBody(): boolean {
    const remaining = this.#remaining ?? 0;
    const wanted = this.#chunked ? remaining + 2 : remaining;
    if (this.#chunked && this.#buffer.length < wanted) return false;
    const part = this.#buffer.slice(0, remaining);
    if (part === "" || this.#current === null) return false;
    this.#buffer = this.#buffer.slice(this.#chunked ? wanted : part.length);
    this.#current.body += part;
    if (this.#chunked) this.#remaining = null;
    else this.#remaining = remaining - part.length;
    if (this.#remaining === 0) this.#finish();
    return true;
  }

  #finish(): void {
    if (this.#current !== null) this.#current.ended = true;
    this.#current = null;
    this.#endCurrent();
  }
}
