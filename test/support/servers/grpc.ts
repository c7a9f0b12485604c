import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { addAbortSignal } from "node:stream";

/** One gRPC call as its server sees it. */
export class ServerCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Messages of the client in order. Throws when the call was broken off. */
  readonly messages: AsyncGenerator<string>;
  /** Code of the client's reset; never settles without one. */
  readonly whenReset: Promise<number>;
  /** The client ended its side properly. */
  ended = false;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.stream = stream;
    this.headers = headers;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.whenReset = promise;
    stream.on("aborted", () => resolve(stream.rstCode ?? -1));
    stream.on("error", () => {});
    stream.on("end", () => (this.ended = !stream.aborted));
    this.messages = readMessages(stream);
  }

  send(message: string): void {
    if (!this.stream.headersSent) this.stream.respond(GRPC_HEAD, { waitForTrailers: true });
    this.stream.write(frameMessage(message));
  }

  finish(status: number, trailers: OutgoingHttpHeaders = {}): void {
    const fields = { "grpc-status": String(status), ...trailers };
    if (!this.stream.headersSent) {
      this.stream.respond({ ...GRPC_HEAD, ...fields }, { endStream: true });
      return;
    }
    this.stream.once("wantTrailers", () => this.stream.sendTrailers(fields));
    this.stream.end();
  }
}

const GRPC_HEAD = { ":status": 200, "content-type": "application/grpc+proto" };

/** A gRPC server made of frames. */
export class GrpcBackend implements AsyncDisposable {
  readonly calls: ServerCall[] = [];
  readonly sessions: ServerHttp2Session[] = [];
  readonly #server: Http2Server;

  private constructor(server: Http2Server) {
    this.#server = server;
  }

  static async open(
    answer: (call: ServerCall) => void | Promise<void>,
    options: { readonly settings?: Settings; readonly tls?: { readonly cert: string; readonly key: string } } = {},
  ): Promise<GrpcBackend> {
    const { tls, ...rest } = options;
    const server = tls === undefined ? createServer(rest) : createSecureServer({ ...rest, ...tls });
    const backend = new GrpcBackend(server);
    server.on("session", (session) => {
      backend.sessions.push(session);
      session.on("error", () => {});
    });
    server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const call = new ServerCall(stream, headers);
      backend.calls.push(call);
      // A call that the test breaks off has nobody left to tell.
      void Promise.resolve(answer(call)).catch(() => {});
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return backend;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions) session.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

/** How a call went, as its client saw it. */
export interface FinishedState {
  readonly headers: IncomingHttpHeaders;
  readonly messages: readonly string[];
  /** From the trailers, or from the head of a Trailers-Only answer; null when there was none. */
  readonly status: number | null;
  readonly trailers: IncomingHttpHeaders;
  readonly resetCode: number;
}

/** One gRPC call as its client sees it. */
export class ClientCall {
  readonly stream: ClientHttp2Stream;
  readonly messages: string[] = [];
  readonly done: Promise<FinishedState>;
  #arrived = Promise.withResolvers<void>();

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    this.done = this.#run();
  }

  send(message: string): this {
    this.stream.write(frameMessage(message));
    return this;
  }

  end(): this {
    this.stream.end();
    return this;
  }

  /** RST_STREAM(CANCEL); `close` would say END_STREAM before. */
  cancel(): void {
    addAbortSignal(AbortSignal.abort(), this.stream);
  }

  /** Waits until that many messages have come. */
  async received(count: number): Promise<readonly string[]> {
    while (this.messages.length < count) await this.#arrived.promise;
    return this.messages;
  }

  async #run(): Promise<FinishedState> {
    const { stream } = this;
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on("error", () => {});
    stream.on("response", (fields) => (headers = fields));
    stream.on("trailers", (fields) => (trailers = fields));
    const closed = new Promise<void>((resolve) => stream.once("close", resolve));
    const reading = this.#read();
    await closed;
    await reading;
    const text = trailers["grpc-status"] ?? headers["grpc-status"];
    const status = text === undefined ? null : Number(text);
    return { headers, messages: this.messages, status, trailers, resetCode: stream.rstCode ?? 0 };
  }

  async #read(): Promise<void> {
    try {
      for await (const message of readMessages(this.stream)) {
        this.messages.push(message);
        this.#arrived.resolve();
        this.#arrived = Promise.withResolvers<void>();
      }
    } catch {
      // Broken off: the reset code tells.
    }
  }
}

/** A gRPC client made of frames; ends with its scope. */
export class GrpcClient implements Disposable {
  readonly session: ClientHttp2Session;

  constructor(url: string, serverName: string | null = null) {
    const name = serverName === null ? {} : { servername: serverName };
    this.session = connect(url, { rejectUnauthorized: false, ...name });
    this.session.on("error", () => {});
  }

  call(path: string, metadata: OutgoingHttpHeaders = {}): ClientCall {
    const fields = {
      ":method": "POST",
      ":path": path,
      ":authority": "shop.example",
      "content-type": "application/grpc+proto",
      te: "trailers",
      ...metadata,
    };
    return new ClientCall(this.session.request(fields, { endStream: false }));
  }

  unary(path: string, message: string, metadata: OutgoingHttpHeaders = {}): Promise<FinishedState> {
    return this.call(path, metadata).send(message).end().done;
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

/** gRPC's length-prefixed message, not compressed. */
function frameMessage(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

async function* readMessages(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let needed = 5;
  for await (const chunk of source) {
    chunks.push(chunk);
    bytes += chunk.length;
    while (bytes >= needed) {
      const whole = Buffer.concat(chunks);
      needed = 5 + whole.readUInt32BE(1);
      chunks = [whole];
      if (bytes < needed) break;
      yield whole.subarray(5, needed).toString();
      chunks = [whole.subarray(needed)];
      bytes -= needed;
      needed = 5;
    }
  }
  if (bytes > 0) throw new Error("the stream ended inside a message");
}
