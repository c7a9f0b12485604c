import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { systemClock } from "../../../src/lib/clock.ts";
import {
  connectHttp1,
  HeaderList,
  joinTunnels,
  serveHttp1,
  TimerWheel,
  type ClientStream,
  type ClientStreamHandler,
  type Http1Connection,
  type Http1ServerOptions,
  type Refusal,
  type RequestAcceptor,
  type ServedConnection,
  type ServerStream,
  type ServerStreamHandler,
  type Tunnel,
  type WireError,
} from "../../../src/wire/wire.ts";
import { CLIENT_LISTENERS } from "../builders/socket-plan.ts";

const TIMEOUTS = { connectMs: 10_000, sendMs: 10_000, readMs: 10_000 };
const HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "http2-settings"];

/** The smallest proxy that can be made of the engine's two halves: one backend, one pooled connection, no policy. */
export class WireProxy implements AsyncDisposable {
  readonly wheel: TimerWheel;
  readonly refusals: Refusal[] = [];
  readonly accepted: ServerStream[] = [];
  readonly clientErrors: WireError[] = [];
  readonly upstreamErrors: WireError[] = [];
  readonly connections: ServedConnection[] = [];
  /** Our ends of the client connections, in the same order. */
  readonly sockets: Socket[] = [];
  readonly tunnels: { toClient: number; toUpstream: number }[] = [];
  /** Replaces forwarding. */
  onRequest: ((stream: ServerStream) => void) | null = null;
  idle: Http1Connection | null = null;
  /** Largest head of an answer. */
  answerHeadBytes = 65_536;
  readonly #server: Server;
  readonly #backendPort: number;
  readonly #options: Http1ServerOptions;
  #nextId = 1;

  private constructor(backendPort: number, options: Partial<Http1ServerOptions>) {
    this.wheel = options.wheel ?? new TimerWheel(systemClock);
    this.#backendPort = backendPort;
    this.#options = {
      headerTimeoutMs: 10_000,
      bodyTimeoutMs: 10_000,
      keepAliveMs: 10_000,
      keepAliveRequests: 0,
      sendTimeoutMs: 10_000,
      underscoresInHeaders: false,
      ...options,
      wheel: this.wheel,
    };
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async open(backendPort: number, options: Partial<Http1ServerOptions> = {}): Promise<WireProxy> {
    const proxy = new WireProxy(backendPort, options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    this.idle?.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    this.wheel.close();
  }

  #accept(socket: Socket): void {
    this.sockets.push(socket);
    const acceptor: RequestAcceptor = {
      onRequest: (stream) => {
        this.accepted.push(stream);
        if (this.onRequest === null) this.#forward(stream);
        else this.onRequest(stream);
      },
      onRefused: (_connection, refusal) => void this.refusals.push(refusal),
      onTurnedAway: () => {},
    };
    const listener = CLIENT_LISTENERS.http;
    const client = { remoteAddress: "127.0.0.1", remotePort: 1, localPort: 1, listener, tls: null } as const;
    const serving = { acceptor, options: this.#options };
    this.connections.push(serveHttp1(socket, { id: this.#nextId++, ...client }, serving, null));
  }

  #forward(stream: ServerStream): void {
    const exchange = new Exchange(this, stream);
    stream.handler = exchange;
    if (this.idle?.idle === true) {
      const connection = this.idle;
      this.idle = null;
      exchange.begin(connection);
      return;
    }
    const dial = { host: "127.0.0.1", port: this.#backendPort, tls: null };
    connectHttp1(dial, TIMEOUTS.connectMs, this.wheel, {
      onConnected: (connection) => exchange.begin(connection),
      onFailed: (error) => exchange.fail(error),
    });
  }
}

/** What the client sends, carried to the endpoint. */
class Exchange implements ServerStreamHandler {
  readonly client: ServerStream;
  readonly proxy: WireProxy;
  upstream: ClientStream | null = null;
  #clientGone = false;

  constructor(proxy: WireProxy, client: ServerStream) {
    this.proxy = proxy;
    this.client = client;
  }

  begin(connection: Http1Connection): void {
    if (this.#clientGone) {
      connection.destroy();
      return;
    }
    const { request, bodyLengthBytes, upgrade } = this.client;
    const headers = HeaderList.from([["Host", request.authority === "" ? "default" : request.authority]]);
    for (const [name, value] of request.headers) if (!HOP.includes(name.toLowerCase())) headers.append(name, value);
    connection.onIdle = () => (this.proxy.idle = connection);
    connection.onClosed = () => {
      if (this.proxy.idle === connection) this.proxy.idle = null;
    };
    const { method, target } = request;
    const head = { method, target, headers, bodyLengthBytes, answerHeadBytes: this.proxy.answerHeadBytes, upgrade };
    this.upstream = connection.send(head, new Answer(this), TIMEOUTS);
    this.client.resumeBody();
  }

  fail(error: WireError): void {
    this.proxy.upstreamErrors.push(error);
    this.client.sendHead(error.code === "read-timeout" ? 504 : 502, new HeaderList(), error.code.length);
    this.client.write(Buffer.from(error.code));
    this.client.end(null);
  }

  onBody(chunk: Uint8Array): void {
    if (this.upstream?.write(chunk) === false) this.client.pauseBody();
  }

  onBodyEnd(): void {
    this.upstream?.end(null);
  }

  onDrain(): void {
    this.upstream?.resumeBody();
  }

  onClose(error: WireError): void {
    this.proxy.clientErrors.push(error);
    this.#clientGone = true;
    this.upstream?.abort();
  }
}

/** What the endpoint answers, carried to the client. */
class Answer implements ClientStreamHandler {
  readonly #exchange: Exchange;
  #headSent = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  onInformational(status: number, headers: HeaderList): void {
    this.#exchange.client.sendInformational(status, headers);
  }

  onHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    this.#headSent = true;
    this.#exchange.client.sendHead(status, headers, bodyLengthBytes);
  }

  onBody(chunk: Uint8Array): void {
    if (!this.#exchange.client.write(chunk)) this.#exchange.upstream?.pauseBody();
  }

  onEnd(): void {
    this.#exchange.client.end(null);
  }

  onUpgrade(protocol: string, headers: HeaderList, tunnel: Tunnel): void {
    const { client, proxy } = this.#exchange;
    joinTunnels(
      client.acceptUpgrade(protocol, headers),
      tunnel,
      { idleMs: TIMEOUTS.readMs, wheel: proxy.wheel },
      (toClient, toUpstream) => {
        proxy.tunnels.push({ toClient, toUpstream });
      },
    );
  }

  onDrain(): void {
    this.#exchange.client.resumeBody();
  }

  onError(error: WireError): void {
    if (!this.#headSent) {
      this.#exchange.fail(error);
      return;
    }
    this.#exchange.proxy.upstreamErrors.push(error);
    this.#exchange.client.abort();
  }
}
