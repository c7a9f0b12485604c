import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket as Stream } from "node:net";

/** One record set: type A or AAAA by the form of its addresses. */
export interface FakeRecords {
  readonly addresses: readonly string[];
  readonly ttl: number;
}

const TYPE_A = 1;
const TYPE_AAAA = 28;

/** A name server on the loopback interface that knows what the test tells it, and refuses the rest as NXDOMAIN. */
export class FakeDns implements AsyncDisposable {
  /** `A db.example.com`, in order. */
  readonly asked: string[] = [];
  readonly #socket: Socket;
  readonly #records: ReadonlyMap<string, FakeRecords>;
  readonly #server: Server = createServer((stream) => this.#serve(stream));
  readonly #streams = new Set<Stream>();

  private constructor(socket: Socket, records: Readonly<Record<string, FakeRecords>>) {
    this.#socket = socket;
    this.#records = new Map(Object.entries(records));
    socket.on("message", (query, from) => socket.send(this.#answer(query), from.port, from.address));
  }

  /** Records by `A name` or `AAAA name`. */
  static async open(records: Readonly<Record<string, FakeRecords>>): Promise<FakeDns> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new FakeDns(socket, records);
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Answers over TCP too; resolves with the address of that, which is another one. */
  async listenTcp(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const stream of this.#streams) stream.destroy();
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  /** Each message has its length before it. */
  #serve(stream: Stream): void {
    let received = Buffer.alloc(0);
    this.#streams.add(stream);
    stream.on("error", () => {}).on("close", () => this.#streams.delete(stream));
    stream.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const answer = this.#answer(received.subarray(2, end));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        stream.write(Buffer.concat([length, answer]));
        received = received.subarray(end);
      }
    });
  }

  #answer(query: Buffer): Buffer {
    const { name, end } = readName(query, 12);
    const type = query.readUInt16BE(end);
    const key = `${type === TYPE_AAAA ? "AAAA" : "A"} ${name}`;
    this.asked.push(key);
    const found = this.#records.get(key);
    const answers = (found?.addresses ?? []).map((address) => formatRecord(address, found?.ttl ?? 0));
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(found === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    return Buffer.concat([head, query.subarray(12, end + 4), ...answers]);
  }
}

function readName(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join("."), end: at + 1 };
}

function formatRecord(address: string, ttl: number): Buffer {
  const bytes = address.includes(":")
    ? address.split(":").flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    : address.split(".").map(Number);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(bytes.length === 4 ? TYPE_A : TYPE_AAAA, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, Buffer.from(bytes)]);
}
