/**
 * What the first bytes of a connection to a TLS port are:
 * - `incomplete`: a TLS hello so far; nothing more can be said before `neededBytes` in all are there;
 * - `hello`: complete, or as much of one as it takes to know that OpenSSL will refuse it; `serverName` as sent (latin1), empty
 *   when there is none;
 * - `plain`: not TLS at all.
 */
export type ClientHello =
  | { readonly kind: "incomplete"; readonly neededBytes: number }
  | { readonly kind: "hello"; readonly serverName: string }
  | { readonly kind: "plain" };

const PLAIN: ClientHello = { kind: "plain" };
const NAMELESS: ClientHello = { kind: "hello", serverName: "" };

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;
/** A record of plain text may hold 2^14 bytes (RFC 8446 §5.1). */
const RECORD_LIMIT_BYTES = 16_384;
/** Real hellos are 0.3 to 3 KB, in one record. */
const HELLO_LIMIT_BYTES = 32_768;
const RECORD_LIMIT = 1024;
const RECORD_HEADER_BYTES = 5;

/**
 * Finds the server name in the first bytes of a connection (RFC 8446 §4.1.2, RFC 6066 §3), over as many records and segments as
 * the client cut them into. The certificate must be known before the TLS engine starts: a name callback of the engine runs when
 * another certificate is already loaded, and not at all for clients without a name.
 *
 * Never throws. What looks odd counts as a hello without a name: OpenSSL judges it, with the default certificate.
 */
export function readClientHello(bytes: Buffer): ClientHello {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE_RECORD) return PLAIN;
  const records = splitRecords(bytes);
  if (records === null) return NAMELESS;
  const handshake = Buffer.concat(records.payloads);
  if (handshake.length < 4) return { kind: "incomplete", neededBytes: records.neededBytes };
  const length = handshake.readUIntBE(1, 3);
  if (handshake[0] !== CLIENT_HELLO || length > HELLO_LIMIT_BYTES) return NAMELESS;
  if (handshake.length < 4 + length) return { kind: "incomplete", neededBytes: records.neededBytes };
  return { kind: "hello", serverName: serverNameOf(new Reader(handshake, 4, 4 + length)) };
}

interface Records {
  readonly payloads: readonly Buffer[];
  /** Where the next complete record would end, at the earliest. */
  readonly neededBytes: number;
}

/** Payloads of the complete records; null when the framing is broken. */
function splitRecords(bytes: Buffer): Records | null {
  const payloads: Buffer[] = [];
  let position = 0;
  while (position + RECORD_HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt16BE(position + 3);
    const isHandshake = bytes[position] === HANDSHAKE_RECORD && bytes[position + 1] === 3;
    if (!isHandshake || length === 0 || length > RECORD_LIMIT_BYTES || payloads.length === RECORD_LIMIT) return null;
    const end = position + RECORD_HEADER_BYTES + length;
    if (end > bytes.length) return { payloads, neededBytes: end };
    payloads.push(bytes.subarray(position + RECORD_HEADER_BYTES, end));
    position = end;
  }
  return { payloads, neededBytes: position + RECORD_HEADER_BYTES };
}

function serverNameOf(hello: Reader): string {
  hello.skip(2 + 32); // version, random
  hello.skip(hello.uint8()); // session id
  hello.skip(hello.uint16()); // cipher suites
  hello.skip(hello.uint8()); // compression methods
  hello.skip(2); // length of all extensions: the end of the message says the same
  while (hello.left >= 4) {
    const type = hello.uint16();
    const length = hello.uint16();
    if (type === SERVER_NAME_EXTENSION) return firstHostName(hello, length);
    hello.skip(length);
  }
  return "";
}

/** OpenSSL takes one name only, of type host_name. */
function firstHostName(hello: Reader, extensionLength: number): string {
  if (extensionLength < 5 || extensionLength > hello.left) return "";
  hello.skip(2);
  return hello.uint8() === HOST_NAME ? hello.latin1(hello.uint16()) : "";
}

/** Reads past the end give 0 and the empty string. */
class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #position: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  get left(): number {
    return Math.max(0, this.#end - this.#position);
  }

  skip(count: number): void {
    this.#position += count;
  }

  uint8(): number {
    const value = this.left >= 1 ? (this.#bytes[this.#position] ?? 0) : 0;
    this.#position += 1;
    return value;
  }

  uint16(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  latin1(length: number): string {
    if (length > this.left) return "";
    const start = this.#position;
    this.#position += length;
    return this.#bytes.toString("latin1", start, this.#position);
  }
}
