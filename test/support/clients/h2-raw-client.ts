import { connect, type Socket } from "node:net";
import { once } from "node:events";

/** One HTTP/2 frame as it came over the wire. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
};
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

const WAIT_MS = 10_000;

/** A client that writes frames byte by byte as told, right or wrong, and collects what comes back. */
export class H2RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  closed = false;
  #pending = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** Connects and sends the preface, and what should follow it at once: SETTINGS. */
  static async open(port: number, opening: readonly Buffer[] = [frame(FRAME.settings, 0, 0)]): Promise<H2RawClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const client = new H2RawClient(socket);
    client.write(PREFACE, ...opening);
    return client;
  }

  write(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** The first frame, now or later, that fits. */
  async frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      if (this.closed) throw new Error(`closed before the frame came; got ${this.frames.map((f) => f.type).join(" ")}`);
      await this.#change(deadline);
    }
  }

  async whenClosed(): Promise<void> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    while (!this.closed) await this.#change(deadline);
  }

  /** Error code of the RST_STREAM of a stream. */
  async resetCode(stream: number): Promise<number> {
    const reset = await this.frame((f) => f.type === FRAME.reset && f.stream === stream);
    return reset.payload.readUInt32BE(0);
  }

  /** Status of a response, from a literal or a static-table index. */
  async status(stream: number): Promise<string> {
    const headers = await this.frame((f) => f.type === FRAME.headers && f.stream === stream);
    return statusOf(headers.payload);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.whenClosed();
  }

  #take(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < 9 + length) break;
      this.frames.push({
        type: this.#pending.readUInt8(3),
        flags: this.#pending.readUInt8(4),
        stream: this.#pending.readUInt32BE(5),
        payload: Buffer.from(this.#pending.subarray(9, 9 + length)),
      });
      this.#pending = this.#pending.subarray(9 + length);
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #change(deadline: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => reject(new Error("nothing came in time"));
    deadline.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(resolve);
    await promise.finally(() => deadline.removeEventListener("abort", onAbort));
  }
}

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A block of literal fields without indexing (RFC 7541 §6.2.2): any bytes, latin1. */
export function fieldBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

/** HEADERS with a whole block. */
export function headers(stream: number, flags: number, fields: readonly (readonly [string, string])[]): Buffer {
  return frame(FRAME.headers, flags | END_HEADERS, stream, fieldBlock(fields));
}

/** Pseudo-headers of a GET, each replaceable, and further fields. */
export function getFields(
  changes: Readonly<Record<string, string>> = {},
  more: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const pseudo = { ":method": "GET", ":scheme": "http", ":path": "/", ":authority": "a.test", ...changes };
  return [...Object.entries(pseudo), ...more];
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest: number[] = [];
  let left = bytes.length - 127;
  for (; left >= 128; left = Math.floor(left / 128)) rest.push((left % 128) | 128);
  return Buffer.concat([Buffer.from([127, ...rest, left]), bytes]);
}

const STATIC_STATUSES = ["200", "204", "206", "304", "400", "404", "500"];

function statusOf(block: Buffer): string {
  // nghttp2 may announce a new size of the dynamic table first.
  let at = 0;
  while (((block[at] ?? 0) & 0xe0) === 0x20) at++;
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) return STATIC_STATUSES[(first & 0x7f) - 8] ?? "?";
  const length = (block[at + 1] ?? 0) & 0x7f;
  const isHuffman = ((block[at + 1] ?? 0) & 0x80) !== 0;
  const text = block.subarray(at + 2, at + 2 + length);
  return isHuffman ? huffmanDigits(text) : text.toString("latin1");
}

/** Digits 0–2 are five bits wide in HPACK's code, 3–9 six (RFC 7541, appendix B). */
function huffmanDigits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let text = "";
  let at = 0;
  while (at + 5 <= bits.length) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    if (short <= 2) {
      text += String(short);
      at += 5;
      continue;
    }
    const long = Number.parseInt(bits.slice(at, at + 6), 2);
    if (at + 6 > bits.length || long < 0x19 || long > 0x1f) break;
    text += String(long - 0x19 + 3);
    at += 6;
  }
  return text;
}
