import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** A response as a client reads it. */
export interface ClientResponse {
  readonly status: number;
  /** `Name: value`, in order, without framing, Date and Connection. */
  readonly fields: readonly string[];
  readonly body: string;
  /** True when the body ended as its framing promised. */
  readonly complete: boolean;
  /** Value of the first field of that name. */
  readonly field: (name: string) => string | undefined;
}

export interface Target {
  /** 127.0.0.1 where it is absent. */
  readonly address?: string;
  readonly port: number;
  /** Server name for TLS; absent: plain. */
  readonly tls?: string;
}

const DEADLINE_MS = 10_000;

/** One client connection; requests are written byte by byte. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  received = "";
  closed = false;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.received += chunk.toString("latin1");
      this.#notify();
    });
    socket.on("close", () => {
      this.closed = true;
      this.#notify();
    });
  }

  static async connect(target: Target): Promise<RawClient> {
    const host = target.address ?? "127.0.0.1";
    const socket =
      target.tls === undefined
        ? connectPlain({ port: target.port, host })
        : connectTls({ port: target.port, host, servername: target.tls, rejectUnauthorized: false });
    await once(socket, target.tls === undefined ? "connect" : "secureConnect");
    return new RawClient(socket);
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Waits until the bytes so far satisfy the test, or the connection closed. */
  async until(test: (received: string) => boolean): Promise<string> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const expired = once(deadline, "abort");
    while (!test(this.received) && !this.closed) {
      await Promise.race([this.#changed.promise, expired]);
      if (deadline.aborted) throw new Error(`nothing more came after: ${this.received.slice(0, 500)}`);
    }
    return this.received;
  }

  /** Reads one whole response and takes its bytes away, so that the next one can follow. */
  async response(method = "GET"): Promise<ClientResponse> {
    await this.until((received) => parseResponse(received, method, this.closed) !== null);
    const parsed = parseResponse(this.received, method, this.closed);
    if (parsed === null) throw new Error("the connection closed without a response");
    this.received = this.received.slice(parsed.length);
    return parsed;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** One request on a connection of its own. Lines are joined by CRLF; the body follows the empty line. */
export async function request(target: Target, lines: readonly string[], body = ""): Promise<ClientResponse> {
  using client = await RawClient.connect(target);
  client.send(`${lines.join("\r\n")}\r\n\r\n${body}`);
  return await client.response(lines[0]?.split(" ")[0]);
}

/** An ordinary GET. */
export function get(
  target: Target,
  host: string,
  path: string,
  fields: readonly string[] = [],
): Promise<ClientResponse> {
  return request(target, [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...fields]);
}

interface ParsedResponse extends ClientResponse {
  /** Bytes of head and body. */
  readonly length: number;
}

const HOP_FIELDS = /^(connection|keep-alive|date|content-length|transfer-encoding):/i;

/** Null while more bytes are needed. */
function parseResponse(text: string, method: string, closed: boolean): ParsedResponse | null {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [line = "", ...all] = text.slice(0, end).split("\r\n");
  const status = Number(line.split(" ")[1]);
  const field = (name: string): string | undefined => fieldOf(all, name);
  const body = readBody(text.slice(end + 4), { status, method, closed, field });
  if (body === null) return null;
  const fields = all.filter((one) => !HOP_FIELDS.test(one));
  return { status, fields, field, body: body.text, complete: body.complete, length: end + 4 + body.length };
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  const found = fields.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return found?.slice(name.length + 1).trim();
}

interface Framing {
  readonly status: number;
  readonly method: string;
  readonly closed: boolean;
  readonly field: (name: string) => string | undefined;
}

interface Body {
  readonly text: string;
  readonly length: number;
  readonly complete: boolean;
}

function readBody(rest: string, framing: Framing): Body | null {
  const { status, method, closed, field } = framing;
  if (method === "HEAD" || status < 200 || status === 204 || status === 304)
    return { text: "", length: 0, complete: true };
  if (/chunked/i.test(field("transfer-encoding") ?? "")) return readChunked(rest, closed);
  const declared = field("content-length");
  if (declared === undefined) return closed ? { text: rest, length: rest.length, complete: true } : null;
  const length = Number(declared);
  if (rest.length >= length) return { text: rest.slice(0, length), length, complete: true };
  return closed ? { text: rest, length: rest.length, complete: false } : null;
}

function readChunked(rest: string, closed: boolean): Body | null {
  let text = "";
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(rest.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || rest.length < next) break;
    if (size === 0) return { text, length: next, complete: true };
    text += rest.slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
  }
  return closed ? { text, length: rest.length, complete: false } : null;
}
