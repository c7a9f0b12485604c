import { parseAuthority } from "../../../src/lib/host-name.ts";
import type { UpstreamAttempt } from "../../../src/model/finished-exchange.ts";
import type { SendPlan, UpstreamHandler, UpstreamRequest } from "../../../src/upstream/upstream.ts";
import {
  type ClientConnection,
  type ClientRequestHead,
  HeaderList,
  type RequestHead,
  type ServerStream,
  type ServerStreamHandler,
  type Tunnel,
  type TunnelHandler,
} from "../../../src/wire/wire.ts";
import { CLIENT_LISTENERS } from "../builders/socket-plan.ts";

/** Parts of a request that a test cares about; the rest is an ordinary `GET / HTTP/1.1` for `shop.example`. */
export interface FakeRequest {
  readonly method?: string;
  readonly target?: string;
  readonly authority?: string;
  readonly httpVersion?: RequestHead["httpVersion"];
  readonly headers?: Iterable<readonly [string, string]>;
  readonly bodyLengthBytes?: number;
  readonly upgrade?: string | null;
  readonly remoteAddress?: string;
  readonly tls?: boolean;
  /** Where it differs from `target`. */
  readonly sentTarget?: string;
}

/** The client's side of the seam without a socket: records what the proxy does to it. */
export class FakeServerStream implements ServerStream {
  readonly request: RequestHead;
  readonly connection: ClientConnection;
  readonly bodyLengthBytes: number;
  readonly upgrade: string | null;
  readonly expectsContinue = false;
  framingBytes = 0;
  handler: ServerStreamHandler = noHandler;

  /** Calls in order, without their arguments. */
  readonly calls: string[] = [];
  /** Calls that a real stream would have to ignore: a second head, bytes before the head or after the end. */
  readonly misuses: string[] = [];
  status = 0;
  headers = new HeaderList();
  declaredLength: number | null = null;
  body = "";
  trailers: HeaderList | null = null;
  informational: number[] = [];
  /** What the next writes return. */
  writable = true;
  tunnel: FakeTunnel | null = null;
  /** Set by a test once it has told the handler that the client is gone. */
  gone = false;

  constructor(request: FakeRequest) {
    this.request = {
      method: request.method ?? "GET",
      target: request.target ?? "/",
      sentTarget: request.sentTarget ?? request.target ?? "/",
      ...authorityOf(request.authority ?? "shop.example"),
      httpVersion: request.httpVersion ?? "1.1",
      headers: HeaderList.from(request.headers ?? []),
      headBytes: 100,
    };
    this.connection = {
      id: 1,
      remoteAddress: request.remoteAddress ?? "192.0.2.7",
      remotePort: 40_000,
      localPort: request.tls === true ? 443 : 80,
      listener: CLIENT_LISTENERS[request.tls === true ? "https" : "http"],
      tls: request.tls === true ? { serverName: "shop.example", protocol: "TLSv1.3", cipher: "x" } : null,
    };
    this.bodyLengthBytes = request.bodyLengthBytes ?? 0;
    this.upgrade = request.upgrade ?? null;
  }

  get ended(): boolean {
    return this.calls.includes("end");
  }

  get aborted(): boolean {
    return this.calls.includes("abort");
  }

  get #over(): boolean {
    return this.ended || this.aborted || this.gone;
  }

  get bytesSent(): number {
    return (this.status === 0 ? 0 : 50) + this.body.length;
  }

  resumeBody(): void {
    this.calls.push("resumeBody");
  }

  pauseBody(): void {
    this.calls.push("pauseBody");
  }

  sendInformational(status: number): void {
    this.informational.push(status);
  }

  sendHead(status: number, headers: HeaderList, bodyLengthBytes: number): void {
    if (this.status !== 0 || this.#over) this.misuses.push("sendHead");
    this.calls.push("sendHead");
    this.status = status;
    this.headers = headers;
    this.declaredLength = bodyLengthBytes;
  }

  write(chunk: Uint8Array): boolean {
    if (this.status === 0 || this.#over) this.misuses.push("write");
    this.body += Buffer.from(chunk).toString("latin1");
    return this.writable;
  }

  end(trailers: HeaderList | null): void {
    if (this.status === 0 || this.#over) this.misuses.push("end");
    this.calls.push("end");
    this.trailers = trailers;
  }

  abort(): void {
    this.calls.push("abort");
  }

  acceptUpgrade(_protocol: string, headers: HeaderList): Tunnel {
    if (this.status !== 0 || this.#over) this.misuses.push("acceptUpgrade");
    this.status = 101;
    this.headers = headers;
    this.tunnel = new FakeTunnel();
    return this.tunnel;
  }

  closeAfterResponse(): void {
    this.calls.push("closeAfterResponse");
  }
}

export class FakeTunnel implements Tunnel {
  handler: TunnelHandler = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} };
  received = "";
  destroyed = false;

  write(chunk: Uint8Array): boolean {
    this.received += Buffer.from(chunk).toString("latin1");
    return true;
  }

  end(): void {}
  pause(): void {}
  resume(): void {}

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.handler.onClose();
  }
}

/** Stands in for `sendRequest`: remembers each request and lets the test answer it. */
export class FakeUpstream {
  readonly requests: FakeUpstreamRequest[] = [];

  readonly sendRequest = (plan: SendPlan, head: ClientRequestHead, handler: UpstreamHandler): UpstreamRequest => {
    const request = new FakeUpstreamRequest(plan, head, handler);
    // The real one picks an endpoint for each attempt; a new session gets its cookie value by that.
    plan.stick?.pick([]);
    this.requests.push(request);
    return request;
  };

  /** The only request so far. */
  get request(): FakeUpstreamRequest {
    const [request] = this.requests;
    if (request === undefined || this.requests.length !== 1)
      throw new Error(`${this.requests.length} requests were sent`);
    return request;
  }
}

export class FakeUpstreamRequest implements UpstreamRequest {
  readonly plan: SendPlan;
  readonly head: ClientRequestHead;
  readonly handler: UpstreamHandler;
  readonly attempts: UpstreamAttempt[] = [];
  readonly calls: string[] = [];
  body = "";
  writable = true;

  constructor(plan: SendPlan, head: ClientRequestHead, handler: UpstreamHandler) {
    this.plan = plan;
    this.head = head;
    this.handler = handler;
  }

  get aborted(): boolean {
    return this.calls.includes("abort");
  }

  write(chunk: Uint8Array): boolean {
    this.body += Buffer.from(chunk).toString("latin1");
    return this.writable;
  }

  end(): void {
    this.calls.push("end");
  }

  pauseBody(): void {
    this.calls.push("pauseBody");
  }

  resumeBody(): void {
    this.calls.push("resumeBody");
  }

  abort(): void {
    this.calls.push("abort");
  }
}

const noHandler: ServerStreamHandler = { onBody() {}, onBodyEnd() {}, onDrain() {}, onClose() {} };

/** The authority as the wire reads it. */
function authorityOf(authority: string): { readonly authority: string; readonly host: string } {
  const parsed = parseAuthority(authority);
  return { authority, host: parsed.ok ? parsed.value.host : "" };
}
